"""What a shell proposes while a command is typed: words, accounts, rules, mails, files.

It only reads, waits for nothing, and is silent about whatever is wrong.
"""

from __future__ import annotations

import os
import shlex

import click
from click.shell_completion import CompletionItem, ShellComplete

from traymail.cli import endings
from traymail.cli.session import Session, write_bytes
from traymail.core.address import clean
from traymail.disk import typed

# It stands behind what is typed so far, so that a word that has not begun is a word, too.
_CURSOR = "\x00"

_BASH = r"""
%(complete_func)s() {
    local cur=${COMP_WORDS[COMP_CWORD]} i=$COMP_CWORD left glued= line quote= single="'\\''"
    left=${COMP_LINE:0:COMP_POINT}
    COMPREPLY=()
    # What stands before the word that readline sees: it breaks words at : and =.
    left=${left%%"$cur"}
    while [[ $i -gt 1 && -n $left && $left != *[[:space:]] ]]; do
        i=$((i - 1))
        glued=${COMP_WORDS[i]}$glued
        left=${left%%"${COMP_WORDS[i]}"}
    done
    # In which quotes the cursor is, if in any.
    for ((i = 0; i < ${#cur}; i++)); do
        case ${cur:i:1} in
            \\) [[ $quote == \' ]] || i=$((i + 1)) ;;
            [\'\"])
                if [[ -z $quote ]]; then
                    quote=${cur:i:1}
                elif [[ $quote == "${cur:i:1}" ]]; then
                    quote=
                fi ;;
        esac
    done
    while IFS= read -r line; do
        case $line in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*)
                line=${line#plain,}
                # As it has to stand there: what a name holds is never run.
                case $quote in
                    \') line=${line//\'/$single} ;;
                    \")
                        # Its history would be looked up, and nothing keeps that off there.
                        [[ $line == *!* ]] && continue
                        line=${line//\\/\\\\}
                        line=${line//\"/\\\"}
                        line=${line//\$/\\$}
                        line=${line//\`/\\\`} ;;
                    *) printf -v line %%q "$line" ;;
                esac
                # readline closes no quotation that seems closed.
                [[ -n $quote && $line == *"$quote" ]] && line+=$quote
                COMPREPLY+=("${line#"$glued"}") ;;
        esac
    done < <(env %(complete_var)s=bash_complete COMP_LINE="${COMP_LINE:0:COMP_POINT}" \
        "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = r"""
#compdef %(prog_name)s

_%(prog_name)s() {
    local kind word what
    local -a items
    (( $+commands[%(prog_name)s] )) || return 1
    local line="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX"
    # What is to be completed stands behind the option's name.
    compset -P '--[a-z-]##='
    while IFS= read -r kind && IFS= read -r word && IFS= read -r what; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files ;;
            plain)
                word=${word//\\/\\\\}
                items+=("${word//:/\\:}:$what") ;;
        esac
    done < <(env %(complete_var)s=zsh_complete COMP_LINE="$line" %(prog_name)s 2>/dev/null)
    (( $#items )) && _describe -V %(prog_name)s items
}

# The first time, this file itself is the function of that name.
if [[ $funcstack[1] == _%(prog_name)s ]]; then
    _%(prog_name)s "$@"
else
    compdef _%(prog_name)s %(prog_name)s
fi
"""

_FISH = r"""
function %(complete_func)s
    set -l token (commandline -ct)
    # What is to be completed stands behind the option's name.
    set -l before (string match -r -- '^--[a-z-]+=' $token)
    set -l rest (string replace -r -- '^--[a-z-]+=' '' $token)
    for line in (env %(complete_var)s=fish_complete COMP_LINE=(commandline -cp) \
            %(prog_name)s 2>/dev/null)
        set -l found (string split -m 1 , -- $line)
        switch $found[1]
            case dir
                __fish_complete_directories $rest
            case file
                for path in (__fish_complete_path $rest)
                    echo "$before$path"
                end
            case plain
                echo "$before$found[2]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Shell(ShellComplete):
    """What the shells have in common: they hand over the line, as typed up to the cursor."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the whole words without the command's, and the beginning of the last one."""
        words = _split(os.environ["COMP_LINE"] + _CURSOR)
        return words[1:-1], typed(words[-1].removesuffix(_CURSOR))


class Bash(_Shell):
    """Lines of ``kind,word``; words are all that bash shows."""

    name = "bash"
    source_template = _BASH.lstrip()

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the line of one proposal."""
        return f"{item.type},{item.value}"


class Zsh(_Shell):
    """Three lines a proposal: its kind, its word, what it is."""

    name = "zsh"
    source_template = _ZSH.lstrip()

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the lines of one proposal."""
        return f"{item.type}\n{item.value}\n{_line(item.help)}"


class Fish(_Shell):
    """Lines of ``kind,word``, then a tab and what it is."""

    name = "fish"
    source_template = _FISH.lstrip()

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the line of one proposal."""
        return f"{item.type},{item.value}\t{_line(item.help)}"


def _split(line: str) -> list[str]:
    """Return the words of a line as a shell reads them; the last may lack its closing quote."""
    words = shlex.shlex(line, posix=True)
    words.whitespace_split = True
    words.commenters = ""
    found: list[str] = []
    try:
        found.extend(words)
    except ValueError:
        found.append(words.token)
    return found


def _line(words: str | None) -> str:
    """Return words as one line that steers no terminal: subjects may be a stranger's."""
    return " ".join(clean(words or "").split())


SHELLS: dict[str, type[ShellComplete]] = {shell.name: shell for shell in (Bash, Zsh, Fish)}


def script(shell: str, program: click.Command, name: str, variable: str) -> str:
    """Return what one of SHELLS is to run so that it completes the words of ``program``."""
    return SHELLS[shell](program, {}, name, variable).source()


def complete(program: click.Command, session: Session, name: str, instruction: str) -> int:
    """Print what a shell may propose, and return the exit status.

    ``instruction`` is what the script of one of SHELLS says: ``bash_complete``.
    """
    shell = SHELLS.get(instruction.partition("_")[0])
    if shell is None:
        return endings.USAGE
    try:
        proposals = shell(program, {"obj": session}, name, "").complete()
        write_bytes(proposals.encode("utf-8", "replace") + b"\n" if proposals else b"")
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 # somebody types: nothing is told now
        return endings.INTERNAL
    finally:
        session.close()
    return endings.OK
