# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later

# Passes on a guest's text to a terminal, line by line as it comes. Control characters, what ends
# lines or changes the direction of writing, and what nobody sees become '?'.
printable()
{
	LC_ALL=C sed -u 's/[\x01-\x08\x0b-\x1f\x7f]/?/g; s/\x00/?/g; s/\xc2[\x80-\x9f\xad]/?/g
		s/\xd8\x9c/?/g; s/\xe2\x80[\x8b-\x8f\xa8-\xae]/?/g; s/\xe2\x81[\xa0-\xaf]/?/g
		s/\xef\xbb\xbf/?/g; s/\xf3[\xa0-\xbf][\x80-\xbf][\x80-\xbf]/?/g'
}
