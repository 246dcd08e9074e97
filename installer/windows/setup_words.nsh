; What the set-up says, in English and Simplified Chinese. Included by setup.nsi.

!macro SAY name english chinese
    LangString ${name} ${LANG_ENGLISH} "${english}"
    LangString ${name} ${LANG_SIMPCHINESE} "${chinese}"
!macroend

!insertmacro SAY WELCOME_TITLE "Welcome to traymail" "欢迎使用 traymail"
!insertmacro SAY WELCOME_TEXT \
    "traymail sends mail from the tray, from folders and from logs, through your own mail account.$\r$\n$\r$\nThis sets it up for you alone; no administrator is needed.$\r$\n$\r$\nIf traymail is running, it is ended and started again. Mails and settings stay as they are." \
    "traymail 通过您自己的邮箱，从托盘、文件夹和日志发送邮件。$\r$\n$\r$\n它只为您本人安装，不需要管理员权限。$\r$\n$\r$\n如果 traymail 正在运行，安装程序会先结束它，装好后再启动。邮件和设置保持不变。"
!insertmacro SAY CHOICES_TITLE "What traymail does besides" "附加选项"
!insertmacro SAY CHOICES_SUBTITLE \
    "If you are not sure, leave the ticks as they are." \
    "如果不确定，保持勾选即可。"
!insertmacro SAY CHOICES_TEXT \
    "You can change them later: run this file again." \
    "以后可以更改：再次运行这个安装程序即可。"
!insertmacro SAY CHOICES_LABEL "Tick what you want:" "请勾选您需要的："
!insertmacro SAY PROGRAM_TEXT \
    "The program, with an entry in the Start menu." \
    "程序本身，以及“开始”菜单中的条目。"
!insertmacro SAY LOGIN_NAME "Start when I sign in" "登录时启动"
!insertmacro SAY LOGIN_TEXT \
    "Rules and waiting mails go on by themselves. No window opens." \
    "规则和待发邮件会自动继续处理，不会打开窗口。"
!insertmacro SAY SENDTO_NAME "“Send to” menu" "“发送到”菜单"
!insertmacro SAY SENDTO_TEXT \
    "A right click on files in Explorer, then Send to, traymail: a new mail with these files." \
    "在资源管理器中右键单击文件，选择“发送到”、“traymail”，即可新建带有这些文件的邮件。"
!insertmacro SAY LINKS_NAME "Offer for mail links" "可用于打开邮件链接"
!insertmacro SAY LINKS_TEXT \
    "Windows' settings then list traymail for links that begin with mailto:. You choose it there." \
    "Windows 设置中会列出 traymail，供您选择用它打开 mailto: 链接。"
!insertmacro SAY SHORTCUT_TEXT \
    "Mail from the tray, from folders and from logs" \
    "从托盘、文件夹和日志发送邮件"
!insertmacro SAY FINISH_TITLE "traymail is installed" "traymail 已安装"
!insertmacro SAY FINISH_TEXT \
    "Its icon, an envelope in a tray, is at the right end of the taskbar. Windows hides new icons: click the arrow ^ there, and drag the envelope beside the clock.$\r$\n$\r$\nYou also find traymail in the Start menu." \
    "它的图标（托盘里的信封）在任务栏右端。Windows 会隐藏新图标：单击那里的箭头 ^，把信封拖到时钟旁边。$\r$\n$\r$\n也可以在“开始”菜单中找到 traymail。"
!insertmacro SAY FINISH_RUN "Start traymail now" "现在启动 traymail"
!insertmacro SAY ENDING_PROGRAM \
    "Ending the running traymail" \
    "正在结束运行中的 traymail"
!insertmacro SAY FILES_IN_USE \
    "Files of traymail are in use: it still runs, or a terminal uses it. End it (right click on its icon, then Quit), then press Retry." \
    "traymail 的文件正在使用中：它仍在运行，或有终端窗口正在使用它。请结束它（右键单击其图标，选择“退出”），然后按“重试”。"
!insertmacro SAY ALREADY_OPEN \
    "The set-up of traymail is open already. Go on in its window." \
    "traymail 的安装程序已经打开，请在它的窗口中继续。"
!insertmacro SAY TOO_OLD \
    "traymail needs Windows 10 or newer." \
    "traymail 需要 Windows 10 或更高版本。"
!insertmacro SAY KEEP_TITLE "Remove traymail" "卸载 traymail"
!insertmacro SAY KEEP_SUBTITLE \
    "The program will be removed from this computer." \
    "将从这台电脑上移除本程序。"
!insertmacro SAY KEEP_QUESTION \
    "What is to become of your mails (also those that still wait), your settings and the codes of your accounts?" \
    "您的邮件（包括待发的邮件）、设置和账户的授权码要怎样处理？"
!insertmacro SAY KEEP_ALL "&Keep them, for a later installation" "保留，以便日后重新安装时使用(&K)"
!insertmacro SAY PURGE_ALL "&Remove them, too" "一并删除(&R)"
!insertmacro SAY PURGE_TEXT \
    "Waiting mails are then not sent. This cannot be undone." \
    "待发的邮件将不再发送，此操作无法撤销。"
!insertmacro SAY NOT_PURGED \
    "Your mails and settings could not all be removed. They are in the folder $LOCALAPPDATA\traymail." \
    "邮件和设置未能全部删除，它们位于文件夹 $LOCALAPPDATA\traymail 中。"
