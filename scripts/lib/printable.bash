# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later

# Passes on a guest's text to a terminal, line by line as it comes. Control characters, and what
# changes the direction of writing, become '?'.
printable()
{
	LC_ALL=C sed -u 's/[\x01-\x08\x0b-\x1f\x7f]/?/g; s/\x00/?/g; s/\xc2[\x80-\x9f]/?/g
		s/\xe2\x80[\x8e\x8f\xaa-\xae]/?/g; s/\xe2\x81[\xa6-\xa9]/?/g'
}
