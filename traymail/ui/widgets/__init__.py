"""The widgets all windows are made of. Each finds its look and its surface through its master."""

from traymail.ui.widgets.addresses import AddressField, Suggestion
from traymail.ui.widgets.attachments import Attached, AttachmentStrip
from traymail.ui.widgets.base import Area, Box, Caption, Empty, Label, Line, Note, stack, surface_of
from traymail.ui.widgets.button import Button, Picker, Tooltip
from traymail.ui.widgets.choice import Segment, Segments, Switch
from traymail.ui.widgets.entry import Entry, FieldRow, TextArea
from traymail.ui.widgets.layout import Panes, Rail, fold_when_narrow
from traymail.ui.widgets.progress import Meter, Progress, Spinner
from traymail.ui.widgets.reading import ReadingText
from traymail.ui.widgets.scroll import MOST_ROWS, ScrollArea
from traymail.ui.widgets.steps import StepList, StepState
from traymail.ui.widgets.strips import Banner, Toast, UndoBar
from traymail.ui.widgets.table import Column, Row, Table

__all__ = [
    "MOST_ROWS",
    "AddressField",
    "Area",
    "Attached",
    "AttachmentStrip",
    "Banner",
    "Box",
    "Button",
    "Caption",
    "Column",
    "Empty",
    "Entry",
    "FieldRow",
    "Label",
    "Line",
    "Meter",
    "Note",
    "Panes",
    "Picker",
    "Progress",
    "Rail",
    "ReadingText",
    "Row",
    "ScrollArea",
    "Segment",
    "Segments",
    "Spinner",
    "StepList",
    "StepState",
    "Suggestion",
    "Switch",
    "Table",
    "TextArea",
    "Toast",
    "Tooltip",
    "UndoBar",
    "fold_when_narrow",
    "stack",
    "surface_of",
]
