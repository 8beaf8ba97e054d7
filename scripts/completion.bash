# bash completion for syncfault                                            -*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-or-later
# Options come from the program's own --help, so that they are described in one place.

_syncfault_options() {
	syncfault "$1" --help 2>/dev/null | grep -oE -- '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--.*'
}

# The words that an option takes follow its help in brackets: "(none, copy)".
_syncfault_words() {
	syncfault "$1" --help 2>/dev/null | grep -E -- "$2 " |
		sed -nE 's/.*\(([a-z0-9._-]+(, [a-z0-9._-]+)*( or [a-z0-9._-]+)?)\)$/\1/p' |
		sed 's/, / /g; s/ or / /g'
}

_syncfault() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} words

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$(syncfault --help 2>/dev/null | sed -nE 's/^  ([a-z]+) +.*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$current")
		return
	fi
	case $previous in
	--device | --dir | --path | --order | --output | -o)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--pid | -p)
		mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")
		return
		;;
	--suite | -s)
		mapfile -t COMPREPLY < <(compgen -f -W cover-letter -- "$current")
		return
		;;
	--*)
		words=$(_syncfault_words "$command" "$previous")
		if [ -n "$words" ]; then
			mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
			return
		fi
		;;
	esac
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_syncfault_options "$command") --help" -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -o filenames -F _syncfault syncfault
