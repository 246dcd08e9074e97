; The installer for Windows, for the user alone. Built by setup_exe.py, which defines:
;   VERSION, and FOUR_NUMBERS, the same as Windows wants it
;   PROGRAM   the folder with what is installed: the launchers, and `runtime`
;   ICON      the program's icon
;   SIDE      what stands at the left of the first and the last page, a .bmp file
;   OUTPUT    the file to write
;   COMPRESSOR  how it is packed
;
;   setup.exe /S               asks nothing; ends with 2 when a file of the program stays in use
;   uninstall.exe /S [/PURGE]  asks nothing; /PURGE takes mails, settings and secrets along

Unicode true
Target amd64-unicode
SetCompressor ${COMPRESSOR}
RequestExecutionLevel user
ManifestDPIAware true
ManifestSupportedOS all

!include MUI2.nsh
!include Sections.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include nsDialogs.nsh

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\traymail"
!define APP_PATHS_KEY "Software\Microsoft\Windows\CurrentVersion\App Paths\traymail.exe"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define CAPABILITIES "Software\traymail\Capabilities"
!define LINK_CLASS "Software\Classes\traymail.mailto"

Name "traymail"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\traymail"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
BrandingText "traymail ${VERSION}"
VIProductVersion "${FOUR_NUMBERS}"
VIAddVersionKey ProductName "traymail"
VIAddVersionKey FileDescription "traymail ${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT"

; How long a program that was asked to end may take to give its files back, in half seconds.
!define PATIENCE 30
; The end of a set-up that found files in use, beside NSIS' own 1 (cancelled) and 2 (failed).
!define IN_USE 2

Var WasRunning  ; "yes" when the update ended the program

; --- Pages ----------------------------------------------------------------------------------------

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_ABORTWARNING
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_WELCOMEPAGE_TITLE "$(WELCOME_TITLE)"
!define MUI_WELCOMEPAGE_TEXT "$(WELCOME_TEXT)"
!insertmacro MUI_PAGE_WELCOME
!define MUI_PAGE_HEADER_TEXT "$(CHOICES_TITLE)"
!define MUI_PAGE_HEADER_SUBTEXT "$(CHOICES_SUBTITLE)"
!define MUI_COMPONENTSPAGE_TEXT_TOP "$(CHOICES_TEXT)"
!define MUI_COMPONENTSPAGE_TEXT_COMPLIST "$(CHOICES_LABEL)"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TITLE "$(FINISH_TITLE)"
!define MUI_FINISHPAGE_TEXT "$(FINISH_TEXT)"
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(FINISH_RUN)"
!define MUI_FINISHPAGE_RUN_FUNCTION Start
!define MUI_PAGE_CUSTOMFUNCTION_SHOW ShowFinish
!insertmacro MUI_PAGE_FINISH

UninstPage custom un.AskWhatToKeep un.HearWhatToKeep
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"
!include "setup_words.nsh"

; --- The program that runs ------------------------------------------------------------------------

; A running program is asked by its own command to end: it puts its mails away first. Then the
; files are looked at: another home's program, or an open terminal, may still use them.
!macro ENDING un
Function ${un}EndProgram
    StrCpy $WasRunning "no"
    ${If} ${FileExists} "$INSTDIR\traymail.exe"
        DetailPrint "$(ENDING_PROGRAM)"
        nsExec::Exec '"$INSTDIR\traymail.exe" quit'
        Pop $0
        ${If} $0 == 0
        ${OrIf} $0 == 75 ; asked, and still at work
            StrCpy $WasRunning "yes"
        ${EndIf}
    ${EndIf}
    again:
    StrCpy $1 0
    ${Do}
        Call ${un}FilesAreFree
        ${If} $0 == "yes"
            Return
        ${EndIf}
        Sleep 500
        IntOp $1 $1 + 1
    ${LoopUntil} $1 >= ${PATIENCE}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(FILES_IN_USE)" /SD IDCANCEL IDRETRY again
    Call ${un}StayWithOld
FunctionEnd

Function ${un}StayWithOld
    RMDir /r "$INSTDIR\new"
    ${If} $WasRunning == "yes"
        Call ${un}StartQuietly
    ${EndIf}
    SetErrorLevel ${IN_USE}
    Abort "$(FILES_IN_USE)"
FunctionEnd

; $0 is "yes" when no program runs from the installed files: Windows lets none be written then.
Function ${un}FilesAreFree
    StrCpy $0 "yes"
    FindFirst $2 $3 "$INSTDIR\runtime\*.exe"
    ${DoWhile} $3 != ""
        ClearErrors
        FileOpen $4 "$INSTDIR\runtime\$3" a
        ${If} ${Errors}
            StrCpy $0 "no"
        ${Else}
            FileClose $4
        ${EndIf}
        FindNext $2 $3
    ${Loop}
    FindClose $2
FunctionEnd

; As at login: no window opens by itself.
Function ${un}StartQuietly
    Exec '"$INSTDIR\runtime\pythonw.exe" -m traymail run --login'
FunctionEnd
!macroend
!insertmacro ENDING ""
!insertmacro ENDING "un."

Function Start
    Exec '"$INSTDIR\traymail-tray.exe"'
FunctionEnd

Function ShowFinish
    ${If} $WasRunning == "yes" ; it runs again already
        SendMessage $mui.FinishPage.Run ${BM_SETCHECK} ${BST_UNCHECKED} 0
        ShowWindow $mui.FinishPage.Run ${SW_HIDE}
    ${EndIf}
FunctionEnd

; --- What is installed ----------------------------------------------------------------------------

Section "!traymail" PROGRAM_SECTION
    SectionIn RO
    ; The new program is unpacked beside the old one, which runs on meanwhile.
    RMDir /r "$INSTDIR\new"
    SetOutPath "$INSTDIR\new"
    File /r "${PROGRAM}\*"
    SetOutPath "$INSTDIR"
    Call EndProgram
    RMDir /r "$INSTDIR\old"
    ClearErrors
    ${If} ${FileExists} "$INSTDIR\runtime\*.*"
        Rename "$INSTDIR\runtime" "$INSTDIR\old" ; as a whole, or not at all
    ${EndIf}
    ${If} ${Errors}
        Call StayWithOld
    ${EndIf}
    Rename "$INSTDIR\new\runtime" "$INSTDIR\runtime"
    ${If} ${Errors}
        Rename "$INSTDIR\old" "$INSTDIR\runtime"
        Call StayWithOld
    ${EndIf}
    RMDir /r "$INSTDIR\old"
    CopyFiles /SILENT "$INSTDIR\new\*.*" "$INSTDIR"
    RMDir /r "$INSTDIR\new"

    WriteUninstaller "$INSTDIR\uninstall.exe"
    WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "traymail"
    WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\traymail-tray.exe"
    WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "The traymail authors"
    WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
    WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
    ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
    WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0
    ; Win+R and `start traymail` find it.
    WriteRegStr HKCU "${APP_PATHS_KEY}" "" "$INSTDIR\traymail.exe"

    CreateShortcut "$SMPROGRAMS\traymail.lnk" "$INSTDIR\traymail-tray.exe" "" \
        "$INSTDIR\traymail-tray.exe" 0 SW_SHOWNORMAL "" "$(SHORTCUT_TEXT)"
SectionEnd

Section "$(LOGIN_NAME)" LOGIN_SECTION
SectionEnd

Section "$(SENDTO_NAME)" SENDTO_SECTION
    CreateShortcut "$SENDTO\traymail.lnk" "$INSTDIR\traymail-tray.exe" "compose --" \
        "$INSTDIR\traymail-tray.exe" 0 SW_SHOWNORMAL "" "$(SHORTCUT_TEXT)"
SectionEnd

; Offered, not taken: which program opens mail links, the user chooses in Windows' settings.
Section "$(LINKS_NAME)" LINKS_SECTION
    WriteRegStr HKCU "${LINK_CLASS}" "" "URL:mailto"
    WriteRegStr HKCU "${LINK_CLASS}" "URL Protocol" ""
    WriteRegStr HKCU "${LINK_CLASS}\DefaultIcon" "" "$INSTDIR\traymail-tray.exe,0"
    WriteRegStr HKCU "${LINK_CLASS}\shell\open\command" "" \
        '"$INSTDIR\traymail-tray.exe" compose -- "%1"'
    WriteRegStr HKCU "${CAPABILITIES}" "ApplicationName" "traymail"
    WriteRegStr HKCU "${CAPABILITIES}" "ApplicationDescription" "$(SHORTCUT_TEXT)"
    WriteRegStr HKCU "${CAPABILITIES}" "ApplicationIcon" "$INSTDIR\traymail-tray.exe,0"
    WriteRegStr HKCU "${CAPABILITIES}\URLAssociations" "mailto" "traymail.mailto"
    WriteRegStr HKCU "Software\RegisteredApplications" "traymail" "${CAPABILITIES}"
SectionEnd

; What is not ticked is not there, also when it was before an update.
Section "-ending"
    ${If} ${SectionIsSelected} ${LOGIN_SECTION}
        nsExec::Exec '"$INSTDIR\traymail.exe" autostart on'
    ${Else}
        nsExec::Exec '"$INSTDIR\traymail.exe" autostart off'
    ${EndIf}
    Pop $0
    ${IfNot} ${SectionIsSelected} ${SENDTO_SECTION}
        Delete "$SENDTO\traymail.lnk"
    ${EndIf}
    ${IfNot} ${SectionIsSelected} ${LINKS_SECTION}
        Call ForgetLinks
    ${EndIf}
    Call TellShell
    ${If} $WasRunning == "yes"
        Call StartQuietly
    ${EndIf}
SectionEnd

!macro SHELL un
Function ${un}ForgetLinks
    DeleteRegKey HKCU "${LINK_CLASS}"
    DeleteRegKey HKCU "Software\traymail"
    DeleteRegValue HKCU "Software\RegisteredApplications" "traymail"
FunctionEnd

; SHCNE_ASSOCCHANGED: Windows' settings and Explorer look again.
Function ${un}TellShell
    System::Call "shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)"
FunctionEnd
!macroend
!insertmacro SHELL ""
!insertmacro SHELL "un."

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
    !insertmacro MUI_DESCRIPTION_TEXT ${PROGRAM_SECTION} "$(PROGRAM_TEXT)"
    !insertmacro MUI_DESCRIPTION_TEXT ${LOGIN_SECTION} "$(LOGIN_TEXT)"
    !insertmacro MUI_DESCRIPTION_TEXT ${SENDTO_SECTION} "$(SENDTO_TEXT)"
    !insertmacro MUI_DESCRIPTION_TEXT ${LINKS_SECTION} "$(LINKS_TEXT)"
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; A section is not ticked when what it writes is not there.
!macro TICK_WHEN value section
    ${If} "${value}" == ""
        !insertmacro UnselectSection ${section}
    ${EndIf}
!macroend

Function .onInit
    ${IfNot} ${AtLeastWin10}
        MessageBox MB_ICONSTOP "$(TOO_OLD)" /SD IDOK
        SetErrorLevel ${IN_USE}
        Quit
    ${EndIf}
    ; Two at once would unpack into one folder.
    System::Call 'kernel32::CreateMutex(p 0, i 0, t "traymail-setup") p .r0 ?e'
    Pop $0
    ${If} $0 = 183 ; ERROR_ALREADY_EXISTS
        MessageBox MB_ICONSTOP "$(ALREADY_OPEN)" /SD IDOK
        SetErrorLevel ${IN_USE}
        Quit
    ${EndIf}
    ; An update keeps what was chosen.
    ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "InstallLocation"
    ${If} $0 != ""
        ReadRegStr $0 HKCU "${RUN_KEY}" "traymail"
        !insertmacro TICK_WHEN "$0" ${LOGIN_SECTION}
        ${IfNot} ${FileExists} "$SENDTO\traymail.lnk"
            !insertmacro UnselectSection ${SENDTO_SECTION}
        ${EndIf}
        ReadRegStr $0 HKCU "${CAPABILITIES}\URLAssociations" "mailto"
        !insertmacro TICK_WHEN "$0" ${LINKS_SECTION}
    ${EndIf}
FunctionEnd

; --- What is taken away ---------------------------------------------------------------------------

Var Purge  ; "yes": mails, settings and secrets go, too
Var KeepButton
Var PurgeButton

Function un.onInit
    StrCpy $Purge "no"
    ${GetParameters} $0
    ClearErrors
    ${GetOptions} $0 "/PURGE" $1
    ${IfNot} ${Errors}
        StrCpy $Purge "yes"
    ${EndIf}
FunctionEnd

Function un.AskWhatToKeep
    !insertmacro MUI_HEADER_TEXT "$(KEEP_TITLE)" "$(KEEP_SUBTITLE)"
    nsDialogs::Create 1018
    Pop $0
    ${NSD_CreateLabel} 0 0 100% 20u "$(KEEP_QUESTION)"
    Pop $0
    ${NSD_CreateFirstRadioButton} 0 28u 100% 12u "$(KEEP_ALL)"
    Pop $KeepButton
    ${NSD_CreateAdditionalRadioButton} 0 44u 100% 12u "$(PURGE_ALL)"
    Pop $PurgeButton
    ${NSD_CreateLabel} 12u 58u -12u 20u "$(PURGE_TEXT)"
    Pop $0
    ${If} $Purge == "yes"
        ${NSD_Check} $PurgeButton
    ${Else}
        ${NSD_Check} $KeepButton
    ${EndIf}
    nsDialogs::Show
FunctionEnd

Function un.HearWhatToKeep
    ${NSD_GetState} $PurgeButton $0
    ${If} $0 == ${BST_CHECKED}
        StrCpy $Purge "yes"
    ${Else}
        StrCpy $Purge "no"
    ${EndIf}
FunctionEnd

Section "Uninstall"
    Call un.EndProgram
    ${If} $Purge == "yes"
        nsExec::ExecToLog '"$INSTDIR\traymail.exe" purge --yes'
        Pop $0
        ${If} $0 != 0
            MessageBox MB_ICONEXCLAMATION "$(NOT_PURGED)" /SD IDOK
            SetErrorLevel ${IN_USE}
        ${EndIf}
    ${EndIf}
    nsExec::Exec '"$INSTDIR\traymail.exe" autostart off'
    Pop $0

    Delete "$SMPROGRAMS\traymail.lnk"
    Delete "$SENDTO\traymail.lnk"
    Call un.ForgetLinks
    DeleteRegKey HKCU "${APP_PATHS_KEY}"
    DeleteRegKey HKCU "${UNINSTALL_KEY}"
    RMDir /r "$INSTDIR\runtime"
    RMDir /r "$INSTDIR\new"
    RMDir /r "$INSTDIR\old"
    Delete "$INSTDIR\traymail.exe"
    Delete "$INSTDIR\traymail-tray.exe"
    Delete "$INSTDIR\LICENSE.txt"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR" ; only when nothing of the user's lies in it
    Call un.TellShell
SectionEnd
