"""What ends a session without an answer of the server."""

from __future__ import annotations

from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule, Trouble
from traymail.core.texts import by_command, text

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="dns",
        action=Action.RETRY,
        trouble=Trouble.NAME,
        title=titles.NO_NAME,
        advice=text("Check your network, then the server name in the account settings."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="refused",
        action=Action.RETRY,
        trouble=Trouble.REFUSED,
        title=titles.NO_CONNECTION,
        advice=text("Try the other port (465 or 587); a firewall may also block it."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="timeout",
        action=Action.RETRY,
        trouble=Trouble.TIMEOUT,
        title=titles.NO_ANSWER,
        advice=text("If this goes on, check host, port and security of the account."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="network",
        action=Action.RETRY,
        trouble=Trouble.NETWORK,
        title=titles.NO_NETWORK,
        advice=text("Check your network."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="lost",
        action=Action.RETRY,
        trouble=Trouble.LOST,
        title=titles.LOST,
        advice=text("If this goes on, check host, port and security of the account."),
        fate=text("The server had not taken the mail yet; it is retried automatically."),
    ),
    ReplyRule(
        id="stopped",
        action=Action.RETRY,
        trouble=Trouble.STOPPED,
        title=titles.STOPPING,
        fate=text("The mail stays in the outbox and leaves at the next start."),
    ),
    ReplyRule(
        id="nonsense",
        action=Action.RETRY,
        trouble=Trouble.NONSENSE,
        title=titles.NONSENSE,
        advice=text(
            "Check host and port of the account; something else may listen there, or a "
            "proxy is in between."
        ),
    ),
    ReplyRule(
        id="tls-wrong-mode",
        action=Action.NEEDS_USER,
        trouble=Trouble.TLS_MODE,
        title=titles.NO_ENCRYPTION,
        advice=text(
            "Port and encryption do not fit together: 465 goes with SSL/TLS, 587 with STARTTLS."
        ),
    ),
    ReplyRule(
        id="tls-old",
        action=Action.NEEDS_USER,
        trouble=Trouble.TLS_OLD,
        title=titles.NO_ENCRYPTION,
        advice=text(
            "The server only knows encryption that is too old to be safe (below TLS "
            "1.2). Nothing was sent."
        ),
    ),
    ReplyRule(
        id="tls-failed",
        action=Action.RETRY,
        trouble=Trouble.TLS_FAILED,
        title=titles.NO_ENCRYPTION,
        advice=text(
            "If this goes on, check port and security of the account: 465 goes with SSL/TLS, "
            "587 with STARTTLS."
        ),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="cert-expired",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_TIME,
        title=titles.CERTIFICATE,
        advice=text(
            "It has expired, unless the clock of this computer is ahead. Check date and time "
            "here; if they are right, only the server's administrator can renew it. Your "
            "password was not sent."
        ),
    ),
    ReplyRule(
        id="cert-not-yet",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_NOT_YET,
        title=titles.CERTIFICATE,
        advice=text(
            "It is not valid yet: the clock of this computer is probably behind. Set date and "
            "time. Your password was not sent."
        ),
    ),
    ReplyRule(
        id="cert-host",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_HOST,
        title=titles.CERTIFICATE,
        advice=text(
            "It belongs to another server name. Check the server address of the account; "
            "your password was not sent."
        ),
    ),
    ReplyRule(
        id="cert-untrusted",
        action=Action.NEEDS_USER,
        trouble=Trouble.CERT_TRUST,
        title=titles.CERTIFICATE,
        advice=text(
            "The connection is being inspected or the server is not trusted (antivirus "
            "mail shield, company proxy, self-signed certificate). Your password was not "
            "sent. For a server of your company, give its certificate (ca_file)."
        ),
    ),
    ReplyRule(
        id="ca-file",
        action=Action.NEEDS_USER,
        trouble=Trouble.CA_FILE,
        title=titles.CA_FILE,
        advice=text(
            "Check the certificate (ca_file) in the settings of the account: it must be a readable "
            "PEM file."
        ),
    ),
    ReplyRule(
        id="starttls-missing",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_TLS,
        title=titles.NO_ENCRYPTION,
        advice=text(
            "This connection offers no encryption, so your password was not sent. Use "
            "port 465 with tls, or another network."
        ),
    ),
    ReplyRule(
        id="starttls-injected",
        action=Action.NEEDS_USER,
        trouble=Trouble.INJECTED,
        title=titles.TAMPERED,
        advice=text(
            "Someone on the network may be changing what the server says. It was stopped "
            "before your password was sent; use another network."
        ),
    ),
    ReplyRule(
        id="no-login",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_LOGIN,
        title=titles.NO_LOGIN,
        advice=text(
            "Check host and port of the account, or choose no login (none) if the server needs "
            "none."
        ),
    ),
    ReplyRule(
        id="other-login",
        action=Action.NEEDS_USER,
        trouble=Trouble.OTHER_LOGIN,
        title=titles.NO_LOGIN,
        advice=titles.ASK_FOR_LOGIN,
    ),
    ReplyRule(
        id="oauth-only",
        action=Action.NEEDS_USER,
        trouble=Trouble.OAUTH_ONLY,
        title=titles.OTHER_LOGIN,
        advice=text(
            "The server takes no passwords, only a sign-in in the browser (OAuth2): set auth = "
            '"oauth2" for the account.'
        ),
    ),
    ReplyRule(
        id="no-oauth",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_OAUTH,
        title=titles.OTHER_LOGIN,
        advice=text(
            'The server takes no sign-in by OAuth2. Set auth = "password" for the account, with '
            "the code or app password that its provider gives."
        ),
    ),
    ReplyRule(
        id="too-large",
        action=Action.PERMANENT,
        trouble=Trouble.TOO_LARGE,
        title=titles.TOO_LARGE,
        advice=text("The mail is larger than the server accepts. Compress, split or share a link."),
    ),
    ReplyRule(
        id="no-smtputf8",
        action=Action.PERMANENT,
        trouble=Trouble.NO_SMTPUTF8,
        title=titles.NOT_THIS_ADDRESS,
        advice=text(
            "It has letters outside ASCII, which this server does not take. Use an "
            "address in ASCII."
        ),
    ),
    ReplyRule(
        id="bad-address",
        action=Action.PERMANENT,
        trouble=Trouble.BAD_ADDRESS,
        title=titles.BAD_ADDRESS,
        advice=text(
            "It holds characters that no mail server takes. Correct the address and send again."
        ),
    ),
    ReplyRule(
        id="attachment",
        action=Action.PERMANENT,
        trouble=Trouble.FILE,
        title=titles.ATTACHMENT,
        advice=text("The copy kept with the mail is gone or damaged. Send the file again."),
    ),
    ReplyRule(
        id="keyring",
        action=Action.RETRY,
        trouble=Trouble.KEYRING,
        title=titles.KEYRING,
        advice=text("Unlock the keyring of this computer."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="internal",
        action=Action.RETRY,
        trouble=Trouble.INTERNAL,
        title=titles.INTERNAL,
        advice=text("The log has the details."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="unknown-outcome",
        action=Action.UNKNOWN,
        trouble=Trouble.UNSURE,
        title=titles.UNSURE,
        advice=by_command(
            text(
                "No answer came to the end of the mail; it may have been delivered. "
                "Look in the Sent folder of the account or ask the recipient, then use: "
                "traymail outbox resolve"
            ),
            in_window=text(
                "The whole mail went out, but the server's answer did not come back. Ask "
                "the recipient or look into “Sent” on the web page, then choose."
            ),
        ),
    ),
)
