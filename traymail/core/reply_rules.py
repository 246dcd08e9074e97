"""What servers say and what it means: an ordered table, the first row that fits wins.

A row of a provider comes before the rows for everybody. The texts of servers are those seen in
public transcripts and the providers' own pages; codes by RFC 5321, 3463, 4954 and 3207.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from traymail.core.errors import Stage
from traymail.core.texts import Text, text


class Action(Enum):
    """What a row asks for; the stage decides whose failure NEEDS_USER is."""

    RETRY = auto()
    RETRY_LATER = auto()
    RETRY_NEW_CONNECTION = auto()
    SPLIT = auto()
    NEEDS_USER = auto()
    PERMANENT = auto()
    UNKNOWN = auto()


class Trouble(Enum):
    """What ends a session without a reply of the server."""

    NAME = auto()  # no such host
    REFUSED = auto()
    TIMEOUT = auto()
    NETWORK = auto()
    LOST = auto()
    STOPPED = auto()  # broken off by ourselves
    NONSENSE = auto()
    TLS_MODE = auto()  # TLS spoken to a port that does not speak it
    TLS_OLD = auto()
    TLS_FAILED = auto()
    CERT_TIME = auto()
    CERT_HOST = auto()
    CERT_TRUST = auto()
    CA_FILE = auto()
    NO_TLS = auto()
    INJECTED = auto()  # plain text behind the 220 to STARTTLS (CVE-2011-0411)
    NO_LOGIN = auto()
    TOO_LARGE = auto()
    NO_SMTPUTF8 = auto()
    BAD_ADDRESS = auto()
    FILE = auto()
    NO_SECRET = auto()
    UNSURE = auto()  # no proper answer to the final dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row: when it fits, and what it says.

    Empty fields fit everything. ``code`` and ``enhanced`` (RFC 3463) are regular expressions for
    the whole code, ``words`` one to be found in the text, whatever its case. ``login_worked``:
    only when this secret has been accepted before. ``about_account``: the account's failure at
    any stage. ``hold``: how long the account is left alone.
    """

    id: str
    action: Action
    title: Text
    advice: Text
    trouble: Trouble | None = None
    stages: tuple[Stage, ...] = ()
    family: str = ""
    code: str = ""
    enhanced: str = ""
    words: str = ""
    login_worked: bool = False
    about_account: bool = False
    hold: timedelta = timedelta(0)


_SESSION = (Stage.CONNECT, Stage.TLS, Stage.STARTTLS, Stage.EHLO)

_NAME = text("The server name cannot be found")
_CONNECT = text("The server refuses the connection")
_TIMEOUT = text("The server does not answer in time")
_NETWORK = text("The network does not reach the server")
_LOST = text("The connection broke")
_STOPPED = text("traymail is stopping")
_NONSENSE = text("The server answers in a way that is not SMTP")
_TLS = text("No encrypted connection can be made")
_CERT = text("The certificate of the server is not accepted")
_TAMPER = text("The connection may be tampered with")
_CA = text("The CA file cannot be used")
_UNSURE = text("It is not known whether the server took the mail")
_LOGIN = text("The login was refused")
_LOGINLATER = text("The login cannot be checked now")
_NOLOGIN = text("The server offers no login that traymail knows")
_SENDER = text("The sender was refused")
_FROM = text("The From line was refused")
_RATE = text("Too many mails in a short time")
_SPAM = text("The mail was judged as spam")
_RCPT = text("A recipient was refused")
_RCPTLATER = text("A recipient cannot be served now")
_OFF = text("The account may not send")
_BUSY = text("The server is busy")
_LIMIT = text("A sending limit is reached")
_SPACE = text("The server is out of space")
_SIZE = text("The mail is too large")
_BLOCKED = text("The attachment is blocked")
_WANTSLOGIN = text("The server wants a login")
_WANTSTLS = text("The server wants encryption")
_POLICY = text("The server refuses by its policy")
_UTF8 = text("The server cannot handle the address")
_ADDR = text("An address cannot be used")
_TEMP = text("The server has a passing problem")
_UNWILLING = text("The server does not want to talk")
_REFUSED = text("The server refused the mail")
_FILE = text("An attachment cannot be read")
_SECRET = text("The secret of the account is missing")

RULES: tuple[Rule, ...] = (
    Rule(
        id="dns",
        action=Action.RETRY,
        trouble=Trouble.NAME,
        title=_NAME,
        advice=text(
            "Check your network, then the server name in the account settings. The mail "
            "is tried again."
        ),
    ),
    Rule(
        id="refused",
        action=Action.RETRY,
        trouble=Trouble.REFUSED,
        title=_CONNECT,
        advice=text(
            "Try the other port (465 or 587); a firewall may also block it. The mail is "
            "tried again."
        ),
    ),
    Rule(
        id="timeout",
        action=Action.RETRY,
        trouble=Trouble.TIMEOUT,
        title=_TIMEOUT,
        advice=text(
            "The mail is tried again by itself. If this goes on, check host, port and "
            "security of the account."
        ),
    ),
    Rule(
        id="network",
        action=Action.RETRY,
        trouble=Trouble.NETWORK,
        title=_NETWORK,
        advice=text("Check your network. The mail is tried again by itself."),
    ),
    Rule(
        id="lost",
        action=Action.RETRY,
        trouble=Trouble.LOST,
        title=_LOST,
        advice=text("The server had not taken the mail yet; it is tried again by itself."),
    ),
    Rule(
        id="stopped",
        action=Action.RETRY,
        trouble=Trouble.STOPPED,
        title=_STOPPED,
        advice=text("The mail stays in the outbox and leaves at the next start."),
    ),
    Rule(
        id="nonsense",
        action=Action.RETRY,
        trouble=Trouble.NONSENSE,
        title=_NONSENSE,
        advice=text(
            "Check host and port of the account; something else may listen there, or a "
            "proxy is in between."
        ),
    ),
    Rule(
        id="tls-wrong-mode",
        action=Action.NEEDS_USER,
        trouble=Trouble.TLS_MODE,
        title=_TLS,
        advice=text("Port and encryption do not fit together: 465 needs tls, 587 needs starttls."),
    ),
    Rule(
        id="tls-old",
        action=Action.NEEDS_USER,
        trouble=Trouble.TLS_OLD,
        title=_TLS,
        advice=text(
            "The server only knows encryption that is too old to be safe (below TLS "
            "1.2). Nothing was sent."
        ),
    ),
    Rule(
        id="tls-failed",
        action=Action.RETRY,
        trouble=Trouble.TLS_FAILED,
        title=_TLS,
        advice=text(
            "The mail is tried again. If this goes on, check port and security of the "
            "account: 465 needs tls, 587 needs starttls."
        ),
    ),
    Rule(
        id="cert-expired",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_TIME,
        title=_CERT,
        advice=text(
            "It is out of date, or the clock of this computer is wrong. Check date and "
            "time first. Your password was not sent."
        ),
    ),
    Rule(
        id="cert-host",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_HOST,
        title=_CERT,
        advice=text(
            "It belongs to another server name. Check the server address of the account; "
            "your password was not sent."
        ),
    ),
    Rule(
        id="cert-untrusted",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_TRUST,
        title=_CERT,
        advice=text(
            "The connection is being inspected or the server is not trusted (antivirus "
            "mail shield, company proxy, self-signed certificate). Your password was not "
            "sent. For a server of your company, set ca_file."
        ),
    ),
    Rule(
        id="ca-file",
        action=Action.NEEDS_USER,
        trouble=Trouble.CA_FILE,
        title=_CA,
        advice=text(
            "Check ca_file in the settings of the account: it must be a readable PEM file."
        ),
    ),
    Rule(
        id="starttls-missing",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_TLS,
        title=_TLS,
        advice=text(
            "This connection offers no encryption, so your password was not sent. Use "
            "port 465 with tls, or another network."
        ),
    ),
    Rule(
        id="starttls-injected",
        action=Action.NEEDS_USER,
        trouble=Trouble.INJECTED,
        title=_TAMPER,
        advice=text(
            "Someone on the network may be changing what the server says. It was stopped "
            "before your password was sent; use another network."
        ),
    ),
    Rule(
        id="no-login",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_LOGIN,
        title=_NOLOGIN,
        advice=text(
            "Check host and port of the account, or set auth to none if the server needs no login."
        ),
    ),
    Rule(
        id="too-large",
        action=Action.PERMANENT,
        trouble=Trouble.TOO_LARGE,
        title=_SIZE,
        advice=text("The server takes less than this mail has. Compress, split or share a link."),
    ),
    Rule(
        id="no-smtputf8",
        action=Action.PERMANENT,
        trouble=Trouble.NO_SMTPUTF8,
        title=_UTF8,
        advice=text(
            "It has letters outside ASCII, which this server does not take. Use an "
            "address in ASCII."
        ),
    ),
    Rule(
        id="bad-address",
        action=Action.PERMANENT,
        trouble=Trouble.BAD_ADDRESS,
        title=_ADDR,
        advice=text(
            "It holds characters that no mail server takes. Correct the address and send again."
        ),
    ),
    Rule(
        id="attachment",
        action=Action.PERMANENT,
        trouble=Trouble.FILE,
        title=_FILE,
        advice=text("The copy kept with the mail is gone or damaged. Send the file again."),
    ),
    Rule(
        id="no-secret",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=_SECRET,
        advice=text("Give it with: traymail account set-secret NAME"),
    ),
    Rule(
        id="unknown-outcome",
        action=Action.UNKNOWN,
        trouble=Trouble.UNSURE,
        title=_UNSURE,
        advice=text(
            "The connection broke at the last moment; the mail may have been delivered. "
            "Look in the Sent folder of the account or ask the recipient, then use: "
            "traymail outbox resolve"
        ),
    ),
    Rule(
        id="starttls-454",
        action=Action.RETRY,
        stages=(Stage.STARTTLS,),
        code="454",
        title=_TLS,
        advice=text("Encryption is not available at the server for now; the mail is tried again."),
    ),
    Rule(
        id="starttls-refused",
        action=Action.NEEDS_USER,
        stages=(Stage.STARTTLS,),
        code="5..",
        title=_TLS,
        advice=text(
            "This connection offers no encryption, so your password was not sent. Use "
            "port 465 with tls, or another network."
        ),
    ),
    Rule(
        id="qq-535-busy",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        family="qq",
        code="535",
        words="authorization code|授权码|1001256|detail/0/53"
        "|Account is abnormal|service is not open|login frequency limited",
        login_worked=True,
        title=_LOGINLATER,
        advice=text(
            "This code has worked before, and QQ Mail gives the same answer when logins "
            "are too frequent. It is tried again in 10 minutes. If this goes on, make a "
            "new code."
        ),
        hold=timedelta(minutes=10),
    ),
    Rule(
        id="qq-535-code",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="qq",
        code="535",
        words="authorization code|授权码|1001256|detail/0/53",
        title=_LOGIN,
        advice=text(
            "QQ Mail wants the 16-letter authorization code, not your QQ password. In "
            "mail.qq.com, Settings, Account, turn on the SMTP service and make a code. "
            "QQ shows the same message when logins are too frequent: then wait some "
            "minutes."
        ),
    ),
    Rule(
        id="qq-535-abnormal",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="qq",
        code="535",
        words="Account is abnormal|service is not open|login frequency limited",
        title=_LOGIN,
        advice=text(
            "QQ Mail refused the login: SMTP service not turned on, wrong authorization "
            "code, too many logins, or account locked. Check the code, wait, then try "
            "once."
        ),
    ),
    Rule(
        id="qq-501-from",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        family="qq",
        code="501",
        words="mail from address must be same as authorization user",
        title=_SENDER,
        advice=text(
            "QQ Mail only sends from your own address. Set the sender to the login address."
        ),
    ),
    Rule(
        id="qq-550-from-header",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="qq",
        code="550",
        words="From.*header.*(missing|invalid|malformed)",
        title=_FROM,
        advice=text("Use the plain address with a simple display name."),
    ),
    Rule(
        id="qq-550-freq",
        action=Action.RETRY,
        family="qq",
        code="550",
        words="frequency limited",
        title=_RATE,
        advice=text(
            "QQ Mail pauses sending for minutes, hours or the rest of the day. The mail "
            "is kept and tried again."
        ),
        hold=timedelta(minutes=10),
    ),
    Rule(
        id="qq-550-content",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="qq",
        code="550",
        words="content denied|Suspected spam",
        title=_SPAM,
        advice=text("Change subject or text, avoid links, send to fewer people."),
    ),
    Rule(
        id="qq-550-rcpt",
        action=Action.PERMANENT,
        stages=(
            Stage.RCPT,
            Stage.FINAL,
        ),
        family="qq",
        code="550",
        words="Mailbox not found|Mailbox unavailable",
        title=_RCPT,
        advice=text("The address does not exist or does not accept mail now."),
    ),
    Rule(
        id="163-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="163",
        code="535",
        words="authentication failed",
        title=_LOGIN,
        advice=text(
            "NetEase wants the client authorization code (Settings, POP3/SMTP/IMAP), not "
            "the password of the web page."
        ),
    ),
    Rule(
        id="163-550-perm",
        action=Action.NEEDS_USER,
        stages=(
            Stage.AUTH,
            Stage.MAIL,
        ),
        family="163",
        code="550",
        words="User has no permission",
        title=_OFF,
        advice=text("Turn on the SMTP service in the settings of the NetEase mailbox."),
    ),
    Rule(
        id="163-550-susp",
        action=Action.NEEDS_USER,
        family="163",
        code="550",
        words="User suspended|User.*locked",
        about_account=True,
        title=_OFF,
        advice=text("The mailbox is frozen; log in on the web page and follow its instructions."),
    ),
    Rule(
        id="163-553-from",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        family="163",
        code="553",
        words="Mail from must equal authorized user",
        title=_SENDER,
        advice=text(
            "NetEase only sends from the login address. Set the sender to the login address."
        ),
    ),
    Rule(
        id="163-553-noauth",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        family="163",
        code="553",
        words="authentication is required",
        title=_WANTSLOGIN,
        advice=text(
            "Set auth to password and give the user name and authorization code of the account."
        ),
    ),
    Rule(
        id="163-554-stc",
        action=Action.RETRY_LATER,
        family="163",
        code="554",
        words="MI:STC",
        title=_LIMIT,
        advice=text("The mails of this day are used up; sending goes on by itself later."),
        hold=timedelta(hours=1),
    ),
    Rule(
        id="163-554-spm",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="163",
        code="554",
        words="DT:SPM",
        title=_SPAM,
        advice=text("Change the text; adding yourself to Cc is reported to help."),
    ),
    Rule(
        id="163-451-spm",
        action=Action.RETRY,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="163",
        code="451",
        words="DT:SPM",
        title=_SPAM,
        advice=text("NetEase refused the mail for now; it is tried again after two minutes."),
        hold=timedelta(minutes=2),
    ),
    Rule(
        id="163-421-rate",
        action=Action.RETRY,
        family="163",
        code="421",
        words="HL:(REP|ICC|IFC|MEP)",
        title=_RATE,
        advice=text("Too many connections or mails; sending pauses and goes on by itself."),
        hold=timedelta(minutes=10),
    ),
    Rule(
        id="163-450-conn",
        action=Action.RETRY_NEW_CONNECTION,
        family="163",
        code="450",
        words="MI:(CEL|DMC|CCL)|RP:(DRC|CCL)",
        title=_LIMIT,
        advice=text("The limit of one connection is reached; sending goes on with a new one."),
    ),
    Rule(
        id="163-451-dmc",
        action=Action.RETRY_NEW_CONNECTION,
        family="163",
        code="451",
        words="MI:DMC",
        title=_LIMIT,
        advice=text("The limit of one connection is reached; sending goes on with a new one."),
    ),
    Rule(
        id="163-451-auth",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        family="163",
        code="451",
        words="too much fail",
        title=_LOGINLATER,
        advice=text(
            "Too many logins have failed. Check the authorization code; it is tried "
            "again in 10 minutes."
        ),
        hold=timedelta(minutes=10),
    ),
    Rule(
        id="163-451-sfq",
        action=Action.RETRY_LATER,
        family="163",
        code="450|451",
        words="MI:SFQ",
        title=_LIMIT,
        advice=text("The mails of 15 minutes are used up; sending goes on by itself later."),
        hold=timedelta(minutes=15),
    ),
    Rule(
        id="g-534-app",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="gmail",
        code="534",
        enhanced=r"5\.7\.9",
        title=_LOGIN,
        advice=text(
            "Gmail wants an app password. Turn on 2-step verification, then make one in "
            "your Google account."
        ),
    ),
    Rule(
        id="g-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="gmail",
        code="535",
        enhanced=r"5\.7\.8",
        title=_LOGIN,
        advice=text(
            "User name or app password is wrong. Make a new app password in your Google account."
        ),
    ),
    Rule(
        id="g-530",
        action=Action.NEEDS_USER,
        family="gmail",
        code="530",
        enhanced=r"5\.5\.1|5\.7\.0",
        about_account=True,
        title=_WANTSLOGIN,
        advice=text("Check security and auth in the settings of the account."),
    ),
    Rule(
        id="g-454",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        family="gmail",
        code="454",
        enhanced=r"4\.7\.0",
        title=_LOGINLATER,
        advice=text(
            "Gmail often answers so after too many logins; it is tried again in 10 minutes."
        ),
        hold=timedelta(minutes=10),
    ),
    Rule(
        id="g-550-quota",
        action=Action.RETRY_LATER,
        family="gmail",
        code="550",
        enhanced=r"5\.4\.5",
        title=_LIMIT,
        advice=text("The daily limit of Gmail is reached; sending goes on tomorrow."),
        hold=timedelta(hours=1),
    ),
    Rule(
        id="g-421",
        action=Action.RETRY,
        family="gmail",
        code="421",
        enhanced=r"4\.\d+\.\d+",
        title=_BUSY,
        advice=text("Gmail is busy or slows us down; the mail is tried again."),
        hold=timedelta(minutes=1),
    ),
    Rule(
        id="g-452-rcpt",
        action=Action.SPLIT,
        stages=(Stage.RCPT,),
        family="gmail",
        code="452",
        enhanced=r"4\.5\.3",
        title=_RCPTLATER,
        advice=text("Too many recipients at once; the mail is sent in parts."),
    ),
    Rule(
        id="g-552-size",
        action=Action.PERMANENT,
        stages=(
            Stage.MAIL,
            Stage.DATA,
            Stage.FINAL,
        ),
        family="gmail",
        code="552",
        enhanced=r"5\.3\.4",
        title=_SIZE,
        advice=text(
            "It is larger than Gmail allows (25 MB of attachments). Compress, split or "
            "share a link."
        ),
    ),
    Rule(
        id="g-552-content",
        action=Action.PERMANENT,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="gmail",
        code="552",
        enhanced=r"5\.7\.0",
        title=_BLOCKED,
        advice=text("Gmail blocks this kind of file (programs, scripts). Share a link instead."),
    ),
    Rule(
        id="g-550-spam",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="gmail",
        code="550",
        enhanced=r"5\.7\.1",
        title=_POLICY,
        advice=text("Gmail refused the content or the sender address; read what it says."),
    ),
    Rule(
        id="o-535-basic",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="outlook",
        code="535",
        enhanced=r"5\.7\.139",
        words="basic auth|disabled|SmtpClientAuthentication",
        title=_LOGIN,
        advice=text(
            "Outlook no longer accepts passwords here; it wants a sign-in by OAuth2. In "
            "a company, the administrator must turn SMTP AUTH on."
        ),
    ),
    Rule(
        id="o-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="outlook",
        code="535",
        enhanced=r"5\.7\.3|5\.7\.139",
        title=_LOGIN,
        advice=text("Sign in to Microsoft again."),
    ),
    Rule(
        id="o-530",
        action=Action.NEEDS_USER,
        family="outlook",
        code="530",
        enhanced=r"5\.7\.57",
        about_account=True,
        title=_WANTSLOGIN,
        advice=text("The account is not signed in: check auth in its settings."),
    ),
    Rule(
        id="o-554-sendas",
        action=Action.NEEDS_USER,
        stages=(
            Stage.MAIL,
            Stage.DATA,
            Stage.FINAL,
        ),
        family="outlook",
        code="550|554",
        words="SendAsDenied|permissions to send as",
        about_account=True,
        title=_SENDER,
        advice=text("The sender must be your own Outlook address."),
    ),
    Rule(
        id="o-432",
        action=Action.RETRY,
        family="outlook",
        code="432",
        enhanced=r"4\.3\.2",
        title=_BUSY,
        advice=text("Too many connections at once; the mail is tried again."),
        hold=timedelta(minutes=1),
    ),
    Rule(
        id="o-554-limit",
        action=Action.RETRY_LATER,
        family="outlook",
        code="554",
        enhanced=r"5\.2\.0|5\.1\.0",
        words="limit|SubmissionQuota",
        title=_LIMIT,
        advice=text("The sending limit of Outlook is reached; sending goes on by itself later."),
        hold=timedelta(minutes=15),
    ),
    Rule(
        id="x-421",
        action=Action.RETRY_NEW_CONNECTION,
        code="421",
        title=_BUSY,
        advice=text(
            "The server is busy or closing; the mail is tried again with a new connection."
        ),
        hold=timedelta(seconds=15),
    ),
    Rule(
        id="x-450-grey",
        action=Action.RETRY,
        stages=(Stage.RCPT,),
        code="450|451",
        words="gr[ea]y|try again|later",
        title=_RCPTLATER,
        advice=text("The server asks to try again in a few minutes; that happens by itself."),
    ),
    Rule(
        id="x-452-rcpt",
        action=Action.SPLIT,
        stages=(Stage.RCPT,),
        code="452",
        title=_RCPTLATER,
        advice=text("Too many recipients at once; the mail is sent in parts."),
    ),
    Rule(
        id="x-452",
        action=Action.RETRY,
        stages=(
            Stage.MAIL,
            Stage.DATA,
            Stage.FINAL,
        ),
        code="452",
        title=_SPACE,
        advice=text("The mail is tried again later."),
    ),
    Rule(
        id="x-454-auth",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        code="454",
        title=_LOGINLATER,
        advice=text("The login is tried again by itself."),
        hold=timedelta(minutes=1),
    ),
    Rule(
        id="x-530-tls",
        action=Action.NEEDS_USER,
        code="530",
        words="STARTTLS",
        about_account=True,
        title=_WANTSTLS,
        advice=text("Set security to starttls or tls in the settings of the account."),
    ),
    Rule(
        id="x-530",
        action=Action.NEEDS_USER,
        code="530",
        about_account=True,
        title=_WANTSLOGIN,
        advice=text("Set auth to password and give user name and password of the account."),
    ),
    Rule(
        id="x-534",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="534",
        title=_LOGIN,
        advice=text(
            "The server wants another kind of login: an app password, or a sign-in on its web page."
        ),
    ),
    Rule(
        id="x-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="535",
        title=_LOGIN,
        advice=text(
            "User name, or password or authorization code, is wrong. Give it again with: "
            "traymail account set-secret NAME"
        ),
    ),
    Rule(
        id="x-auth",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="5..",
        title=_LOGIN,
        advice=text(
            "Check user name and secret, and whether sending by SMTP is turned on for the mailbox."
        ),
    ),
    Rule(
        id="x-session",
        action=Action.NEEDS_USER,
        stages=_SESSION,
        code="5..",
        title=_UNWILLING,
        advice=text(
            "The server serves nobody from here, or not now; read what it says, and "
            "check host and port."
        ),
    ),
    Rule(
        id="x-552",
        action=Action.PERMANENT,
        code="552",
        title=_SIZE,
        advice=text(
            "It is larger than the server takes, or a mailbox is full. Compress, split "
            "or share a link."
        ),
    ),
    Rule(
        id="x-523",
        action=Action.PERMANENT,
        enhanced=r"5\.2\.3|5\.3\.4",
        title=_SIZE,
        advice=text("It is larger than the server takes. Compress, split or share a link."),
    ),
    Rule(
        id="x-511",
        action=Action.PERMANENT,
        stages=(
            Stage.RCPT,
            Stage.FINAL,
        ),
        enhanced=r"5\.1\.1|5\.1\.2|5\.1\.3|5\.1\.6",
        title=_RCPT,
        advice=text("The address does not exist; check its spelling."),
    ),
    Rule(
        id="x-522",
        action=Action.PERMANENT,
        stages=(
            Stage.RCPT,
            Stage.FINAL,
        ),
        enhanced=r"5\.2\.2",
        title=_RCPT,
        advice=text("The mailbox of the recipient is full."),
    ),
    Rule(
        id="x-smtputf8",
        action=Action.PERMANENT,
        stages=(
            Stage.MAIL,
            Stage.RCPT,
        ),
        enhanced=r"5\.6\.7|[45]\.6\.8",
        title=_UTF8,
        advice=text(
            "It has letters outside ASCII, which this server does not take. Use an "
            "address in ASCII."
        ),
    ),
    Rule(
        id="x-sender",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        code="501|550|553",
        title=_SENDER,
        advice=text(
            "The server does not send from this address. Set the sender to the login address."
        ),
    ),
    Rule(
        id="x-571",
        action=Action.NEEDS_USER,
        enhanced=r"5\.7\.\d+",
        title=_POLICY,
        advice=text("Spam, sender or permissions: read what the server says."),
    ),
    Rule(
        id="x-rcpt",
        action=Action.PERMANENT,
        stages=(Stage.RCPT,),
        code="550|551|553",
        title=_RCPT,
        advice=text("The server takes no mail for this address; check its spelling."),
    ),
    Rule(
        id="x-4xx",
        action=Action.RETRY,
        code="4..",
        title=_TEMP,
        advice=text("The mail is tried again by itself."),
    ),
    Rule(
        id="x-5xx",
        action=Action.PERMANENT,
        code="5..",
        title=_REFUSED,
        advice=text("Read what the server says; changed, the mail may go through."),
    ),
)
