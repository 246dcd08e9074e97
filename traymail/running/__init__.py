"""What each kind of rule does, one file each: at work, and in a dry run; ALL names them."""

from traymail.running.folder import RunningFolders
from traymail.running.kind import RunningKinds
from traymail.running.log import RunningLogs

ALL: RunningKinds = (RunningFolders(), RunningLogs())
