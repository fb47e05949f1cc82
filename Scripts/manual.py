#!/usr/bin/env python3
"""manual.py BERTH DIRECTORY: writes a man page for each command, from what the program says of itself.

ArgumentParser's own generate-manual has no sections, fills examples, and needs a build of its own.
"""

import json
import os
import re
import subprocess
import sys
import time


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def escape(text):
    """Text as roff reads it literally."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^\.", r"\\&.", text, flags=re.MULTILINE)


def prose(text):
    """Paragraphs filled, a sentence a line; lines that begin with two spaces kept as they are."""
    lines = []
    literal = False
    for line in text.split("\n"):
        if line.startswith("  ") != literal and line:
            literal = not literal
            lines.append(".PP\n.EX" if literal else ".EE")
        if literal:
            lines.append(escape(line))
        elif line:
            lines.append(re.sub(r"(?<=[.;]) (?=[A-Z])", "\n", escape(line)))
        elif lines:
            lines.append(".PP")
    if literal:
        lines.append(".EE")
    return "\n".join(lines)


def option(argument):
    """An argument as .TP shows it: its names, its value, and what it means."""
    value = argument.get("valueName", "")
    about = argument.get("abstract", "")
    if argument["kind"] == "positional":
        term = f"\\fI{escape(value)}\\fP"
    else:
        dash = {"short": "-", "long": "--", "longWithSingleDash": "-"}
        names = [f"\\fB{escape(dash[name['kind']] + name['name'])}\\fP" for name in argument["names"]]
        term = ", ".join(names)
        if argument["kind"] == "option":
            # A description that speaks of `=VALUE` is of an option that can also stand alone.
            optional = re.search(r"(?<![^ ;])=\w", about)
            term += f"[=\\fI{escape(value)}\\fP]" if optional else f" \\fI{escape(value)}\\fP"
    notes = []
    if argument.get("allValues"):
        notes.append("values: " + ", ".join(argument["allValues"]))
    if argument.get("defaultValue"):
        notes.append("default: " + argument["defaultValue"])
    if notes:
        about += f" ({'; '.join(notes)})"
    return f".TP\n{term}\n{escape(about)}"


def options(command):
    sections = {}
    for argument in command.get("arguments", []):
        if argument["shouldDisplay"]:
            untitled = "Arguments" if argument["kind"] == "positional" else "General"
            sections.setdefault(argument.get("sectionTitle", untitled), []).append(option(argument))
    if len(sections) == 1:
        return [entry for entries in sections.values() for entry in entries]
    return [part for title, entries in sections.items() for part in [f".SS {title}", *entries]]


def synopsis(program, words):
    """The usage lines of the command's help."""
    usage = re.search(r"^USAGE: (.*?)\n\n", output(program, "help", *words) + "\n\n", re.MULTILINE | re.DOTALL)
    return "\n.br\n".join(escape(line.strip()) for line in usage.group(1).split("\n"))


def heading(words, abstract, version, date):
    return [
        f'.TH {"-".join(words).upper()} 1 {date} "berth {version}" "User Commands"',
        f".SH NAME\n{escape('-'.join(words))} \\- {escape(abstract[0].lower() + abstract[1:])}",
    ]


def see_also(name, names):
    others = [each for each in names if each != name]
    return [".SH SEE ALSO\n" + ",\n".join(f".BR {escape(each)} (1)" for each in others)] if others else []


def runtime_options(lines):
    """Options as berth's own help lists them: names and value, two spaces or a new line, and the text."""
    entries = []
    for line in lines:
        if line.startswith(" "):
            entries[-1][1] += " " + line.strip()
        else:
            entries.append(re.split(" {2,}", line + "  ", maxsplit=1))
    parts = []
    for term, text in entries:
        names, value = re.match(r"(-[^\s,]+(?:, -[^\s,]+)*) ?(.*)", term).groups()
        shown = ", ".join(f"\\fB{escape(name)}\\fP" for name in names.split(", "))
        parts.append(f".TP\n{shown}" + (f" \\fI{escape(value)}\\fP" if value else "") + f"\n{escape(' '.join(text.split()))}")
    return parts


def runtime_page(text, command, names, version, date):
    """The page of a command of the OCI runtime, which has its options in a table of its own: made of its help."""
    words = [*command.get("superCommands", []), command["commandName"]]
    sections = {}
    for line in text.split("\n"):
        if re.match(r"[A-Z ]+:$", line):
            title = line[:-1]
            sections[title] = []
        elif line:
            sections[title].append(line[3:])
        elif title == "DESCRIPTION":
            sections[title].append("")
    paragraphs = " ".join(line or "\n" for line in sections["DESCRIPTION"]).strip().split("\n")
    description = [" ".join(each.split()) for each in paragraphs]
    status = [each for each in description if each.startswith("The exit status")]
    examples = [escape(line) for line in sections["EXAMPLES"]]
    parts = [
        *heading(words, command["abstract"].rstrip("."), version, date),
        ".SH SYNOPSIS\n" + "\n.br\n".join(escape(line) for line in sections["USAGE"]),
        ".SH DESCRIPTION\n" + prose("\n\n".join(each for each in description if each not in status)),
        ".SH OPTIONS",
        *runtime_options(sections.get("OPTIONS", [])),
        ".SS Global options",
        *runtime_options(sections["GLOBAL OPTIONS"]),
        ".SH EXIT STATUS\n" + prose(status[0] if status else "0 on success, and 1 if an error occurs."),
        ".SH EXAMPLES\n.EX\n" + "\n".join(examples) + "\n.EE",
        *see_also("-".join(words), names),
    ]
    return "\n".join(parts) + "\n"


def page(program, command, names, version, date):
    words = [*command.get("superCommands", []), command["commandName"]]
    text = output(program, "help", *words[1:])
    if text.startswith("NAME:"):
        return runtime_page(text, command, names, version, date)
    abstract = command["abstract"].rstrip(".")
    discussion = command.get("discussion", "")
    # The sentence on the exit status ends its paragraph; it has a section of its own.
    status = re.search(r"[ \n](The exit status [^\n]*(?:\n[^\n]+)*)", discussion)
    if status:
        discussion = discussion.replace(status.group(0), "")
    parts = [
        *heading(words, abstract, version, date),
        f".SH SYNOPSIS\n{synopsis(program, words[1:])}",
        f".SH DESCRIPTION\n{prose(discussion or command['abstract'])}",
    ]
    if command["subcommands"]:
        parts.append(".SH COMMANDS")
    for each in command["subcommands"]:
        parts.append(f".TP\n\\fB{escape(each['commandName'])}\\fP\n{escape(each['abstract'])}")
    parts += [".SH OPTIONS", *options(command)]
    usual = "0 on success, and more than 0 if an error occurs; each command's page says more."
    parts.append(f".SH EXIT STATUS\n{prose(status.group(1) if status else usual)}")
    parts += see_also("-".join(words), names)
    return re.sub(r"(\.PP\n)+(?=\.PP|\.SH)", "", "\n".join(parts)) + "\n"


def tree(command):
    """The command and all that are shown below it, without the `help` that ArgumentParser adds."""
    shown = [each for each in command.get("subcommands", []) if each["shouldDisplay"]]
    commands = [each for each in shown if each["commandName"] != "help"]
    return [{**command, "subcommands": commands}] + [deep for each in commands for deep in tree(each)]


def main():
    program, directory = sys.argv[1:]
    commands = tree(json.loads(output(program, "--experimental-dump-help"))["command"])
    names = ["-".join([*each.get("superCommands", []), each["commandName"]]) for each in commands]
    version = output(program, "--version").split()[2]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    os.makedirs(directory, exist_ok=True)
    for name, command in zip(names, commands):
        with open(os.path.join(directory, name + ".1"), "w", encoding="utf-8") as file:
            file.write(page(program, command, names, version, date))


if __name__ == "__main__":
    main()
