"""What went wrong, in a few words, and what becomes of the mail: what rows of the table share."""

from __future__ import annotations

from traymail.core.texts import text

NO_NAME = text("The server name cannot be found")
NO_CONNECTION = text("The server refuses the connection")
NO_ANSWER = text("The server does not answer in time")
NO_NETWORK = text("The network does not reach the server")
LOST = text("The connection broke")
STOPPING = text("traymail is stopping")
NONSENSE = text("The server answers in a way that is not SMTP")
NO_ENCRYPTION = text("No encrypted connection can be made")
CERTIFICATE = text("The certificate of the server is not accepted")
TAMPERED = text("The connection may be tampered with")
CA_FILE = text("The CA file cannot be used")
UNSURE = text("It is not known whether the server took the mail")
LOGIN_REFUSED = text("The login was refused")
LOGIN_LATER = text("The login cannot be checked now")
SIGN_IN_REFUSED = text("The sign-in was refused")
SIGN_IN_DENIED = text("The sign-in was not agreed to")
SIGN_IN_ENDED = text("The sign-in has ended")
SIGN_IN_LATER = text("The sign-in cannot be renewed just now")
NOT_SIGNED_IN = text("The account is not signed in")
NO_LOGIN = text("The server offers no login that traymail knows")
OTHER_LOGIN = text("The server does not take this kind of login")
SENDER_REFUSED = text("The sender was refused")
FROM_REFUSED = text("The From line was refused")
TOO_OFTEN = text("Too many mails in a short time")
SPAM = text("The mail was judged as spam")
RECIPIENT_REFUSED = text("A recipient was refused")
RECIPIENT_LATER = text("A recipient cannot be served now")
MAY_NOT_SEND = text("The account may not send")
BUSY = text("The server is busy")
LIMIT_REACHED = text("A sending limit is reached")
NO_SPACE = text("The server is out of space")
TOO_LARGE = text("The mail is too large")
BLOCKED = text("The attachment is blocked")
WANTS_LOGIN = text("The server wants a login")
WANTS_ENCRYPTION = text("The server wants encryption")
POLICY = text("The server refuses by its policy")
NOT_THIS_ADDRESS = text("The server cannot handle the address")
BAD_ADDRESS = text("An address cannot be used")
PASSING = text("The server has a passing problem")
UNWILLING = text("The server does not want to talk")
REFUSED = text("The server refused the mail")
# The way out where nothing more is known of a refusal.
READ_IT = text("Read what the server says; changed, the mail may go through.")
ATTACHMENT = text("An attachment cannot be read")
INTERNAL = text("Something on this computer keeps mail from being sent")
KEYRING = text("The keyring cannot be asked just now")

MAILBOX_FULL = text("The mailbox of the recipient is full.")
NO_MORE_RECIPIENTS = text(
    "The server takes no more recipients for now; those left are retried automatically."
)
ASK_FOR_LOGIN = text(
    "Ask the server's administrator to allow a login with PLAIN or LOGIN over TLS."
)
TRIED_AGAIN = text("The mail is retried automatically.")
