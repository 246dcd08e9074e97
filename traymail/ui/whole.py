"""No field cuts a character in two, whoever works it: keys, mouse, Tk's own dialogs, or we.

In the texts of Tk 8.6 a character above U+FFFF, such as an emoji, takes two places. A field that is
told to delete, to select or to stop between the two reads and writes foreign memory, and ends the
process. So every field below a root is asked through a command of ours, which moves such a place to
the edge of its character before Tk sees it. A Tk whose characters take one place moves nothing.
Other programs have halves of characters in their clipboards, which would find each other in a
field: what goes into one has none.
"""

from __future__ import annotations

import tkinter as tk

FIELDS = {
    "::entry": "line",
    "::ttk::entry": "line",
    "::ttk::combobox": "line",
    "::spinbox": "line",
    "::ttk::spinbox": "line",
    "::text": "page",
}
"""What Tk makes fields with, and how their places are written: 4, or 1.4."""

_GUARD = r"""
namespace eval ::whole {}

# Let the fields that a command of Tk makes from now on answer through `ask`.
proc ::whole::guard {command kind} {
    set tk ::whole::tk$command
    namespace eval [namespace qualifiers $tk] {}
    rename $command $tk
    interp alias {} $command {} ::whole::make $tk $kind
}

proc ::whole::make {tk kind args} {
    set path [$tk {*}$args]
    set real ::whole::field$path
    rename ::$path $real
    interp alias {} ::$path {} ::whole::ask $kind $real
    trace add command $real delete "interp alias {} [list ::$path] {} ;#"
    return $path
}

# Ask a field of Tk, with whole characters between its places `from` to `to` of the words.
proc ::whole::ask {kind real args} {
    lassign $args verb what
    set way away
    set to [expr {[llength $args] - 1}]
    switch -glob -- "$kind $verb $what" {
        "* insert *" { set from 1; set to [expr {min(1, $to)}]; set way sides }
        "page replace *" { set from 1; set to [expr {min(2, $to)}]; set way sides }
        "* delete *" { set from 1; set way sides }
        "line icursor *" { set from 1 }
        "line selection range" - "line selection from" -
        "line selection to" - "line selection adjust" { set from 2 }
        "page mark set" - "page tag add" - "page tag remove" { set from 3 }
        default { set from [expr {$to + 1}] }
    }
    if {$kind eq "line" && $verb eq "delete" && $to == 1} {
        lappend args [expr {[$real index $what] + 1}]
        incr to
    }
    for {set i [words_at $kind $verb]} {$i < [llength $args]} {incr i} {
        lset args $i [sound [lindex $args $i]]
    }
    for {set i $from} {$i <= $to} {incr i} {
        set side [expr {$way eq "away" ? "away" : $i % 2 ? "left" : "right"}]
        lset args $i [$kind $real [lindex $args $i] $side]
    }
    # Where it was asked: `instate` runs a script that knows what is known there.
    set answer [uplevel 1 [list $real {*}$args]]
    if {$kind eq "line" && [info commands $real] ne ""} { settle $real }
    return $answer
}

# Return where in a call the words begin that go into a field.
proc ::whole::words_at {kind verb} {
    switch -- "$kind $verb" {
        "line insert" - "page insert" { return 2 }
        "page replace" { return 3 }
        "line set" { return 1 }
        default { return Inf }
    }
}

# Return words with a mark for each lone half of a character, and the others written in one way.
proc ::whole::sound {words} {
    if {![regexp {[\uD800-\uDFFF]} $words]} { return $words }
    set sound ""
    foreach letter [split $words ""] {
        scan $letter %c code
        if {$code > 0xFFFF} {
            set letter [astral $code]
        } elseif {($code & ~0x7FF) == 0xD800} {
            set letter \uFFFD
        }
        append sound $letter
    }
    return $sound
}

# Return the character above U+FFFF with this number; `format %c` of Tk 8.6 knows none.
proc ::whole::astral {code} {
    set bytes [list [expr {0xF0 | ($code >> 18)}]]
    foreach shift {12 6 0} { lappend bytes [expr {0x80 | (($code >> $shift) & 0x3F)}] }
    encoding convertfrom utf-8 [binary format c4 $bytes]
}

# Return a place of one line, or of several, at the edge of a character.
proc ::whole::line {real place side} {
    set at [$real index $place]
    expr {$at + [step [$real get] $at $side [$real index insert]]}
}

proc ::whole::page {real place side} {
    lassign [split [$real index $place] .] row at
    lassign [split [$real index insert] .] on cursor
    if {$on != $row} { set cursor [expr {$on < $row ? -1 : Inf}] }
    return $row.[expr {$at + [step [words $real $row] $at $side $cursor]}]
}

# Return the words of a line; a picture takes a place among them, and `get` leaves it out.
proc ::whole::words {real row} {
    if {[$real image names] eq ""} { return [$real get $row.0 "$row.0 lineend"] }
    set words ""
    foreach {kind value at} [$real dump -text -image $row.0 "$row.0 lineend"] {
        append words [expr {$kind eq "image" ? "\uFFFC" : $value}]
    }
    return $words
}

# Move what Tk leaves where it was when the words are others now: the cursor and the selection.
proc ::whole::settle {real} {
    $real icursor [line $real insert left]
    if {[$real selection present]} {
        $real selection range [line $real sel.first left] [line $real sel.last right]
    }
}

# Return how far it is to the edge at a side, or away from the cursor: keys go where they went.
proc ::whole::step {words at side cursor} {
    set before 0
    set behind 0
    scan [string index $words [expr {$at - 1}]] %c before
    scan [string index $words $at] %c behind
    if {($before & ~0x3FF) != 0xD800 || ($behind & ~0x3FF) != 0xDC00} { return 0 }
    expr {$side eq "left" || ($side eq "away" && $at < $cursor) ? -1 : 1}
}

# What swaps two characters would put halves together that never were.
foreach class {Entry Spinbox Text} { bind $class <Control-t> {} }
"""


def keep_characters_whole(root: tk.Tk) -> None:
    """Let every field that is made below ``root`` from now on keep its characters whole."""
    root.tk.eval(_GUARD)
    for command, kind in FIELDS.items():
        root.tk.call("::whole::guard", command, kind)
