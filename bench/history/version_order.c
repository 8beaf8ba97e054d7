// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/version_order.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "-rc" is distinguished from a revision before the version is taken apart. */
static void copy_with_candidate(const char *version, char buffer[VERSION_SIZE])
{
	char *candidate;

	snprintf(buffer, VERSION_SIZE, "%s", version);
	candidate = strstr(buffer, "-rc");
	if (candidate && is_digit(candidate[3]))
		*candidate = '~';
}

/* Rank of a character other than a digit, or of the end: '~', end or digit, letters, others. */
static int rank(char c)
{
	if (c == '~')
		return -1;
	if (!c || is_digit(c))
		return 0;
	return isalpha((unsigned char)c) ? c : (unsigned char)c + 256;
}

static int compare_letters(const char **a, const char **b)
{
	while ((**a && !is_digit(**a)) || (**b && !is_digit(**b))) {
		int order = rank(**a) - rank(**b);

		if (order)
			return order;
		(*a)++;
		(*b)++;
	}
	return 0;
}

static int compare_numbers(const char **a, const char **b)
{
	int order = 0;

	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	for (; is_digit(**a) && is_digit(**b); (*a)++, (*b)++)
		if (!order)
			order = **a - **b;
	if (is_digit(**a))
		return 1;
	return is_digit(**b) ? -1 : order;
}

static int compare_part(const char *a, const char *b)
{
	while (*a || *b) {
		int order = compare_letters(&a, &b);

		if (!order)
			order = compare_numbers(&a, &b);
		if (order)
			return order;
	}
	return 0;
}

struct parts {
	char text[VERSION_SIZE];
	const char *epoch, *upstream, *revision;
};

static void take_apart(const char *version, struct parts *parts)
{
	char *colon, *dash;

	*parts = (struct parts){ .epoch = "", .revision = "" };
	copy_with_candidate(version, parts->text);
	parts->upstream = parts->text;
	colon = strchr(parts->text, ':');
	if (colon) {
		*colon = '\0';
		parts->epoch = parts->text;
		parts->upstream = colon + 1;
	}
	dash = strrchr(parts->upstream, '-');
	if (dash) {
		*dash = '\0';
		parts->revision = dash + 1;
	}
}

int version_compare(const char *a, const char *b)
{
	struct parts left, right;
	int order;

	take_apart(a, &left);
	take_apart(b, &right);
	order = compare_part(left.epoch, right.epoch);
	if (!order)
		order = compare_part(left.upstream, right.upstream);
	return order ? order : compare_part(left.revision, right.revision);
}

const char *version_of_kernel(const char *package, const char *uname_v, const char *release,
			      char *buffer, size_t size)
{
	const char *at = package ? strrchr(package, '_') : NULL;

	if (at && is_digit(at[1])) {
		snprintf(buffer, size, "%s", at + 1);
		return buffer;
	}
	at = uname_v ? strstr(uname_v, "Debian ") : NULL;
	if (at && is_digit(at[strlen("Debian ")])) {
		at += strlen("Debian ");
		snprintf(buffer, size, "%.*s", (int)strcspn(at, " "), at);
		return buffer;
	}
	snprintf(buffer, size, "%s", release);
	return buffer;
}

/*
 * "-1", "-1~deb12u1", "-00123-gabcdef": what may follow a version of kernel.org. A revision after
 * X.Y.0 is not Debian's.
 */
static bool is_near_kernel_org(const char *rest, bool has_zero)
{
	char commit[64];

	if (!*rest || version_commit(rest, commit, sizeof(commit)))
		return true;
	if (has_zero || rest[0] != '-' || !is_digit(rest[1]))
		return false;
	rest += 1 + strspn(rest + 1, "0123456789.");
	return !*rest || !strncmp(rest, "~deb", 4) || !strncmp(rest, "~bpo", 4);
}

const char *version_tag(const char *version, char *buffer, size_t size)
{
	int major, minor, patch = -1, candidate = 0, read = 0, more = 0;

	if (sscanf(version, "%d.%d%n", &major, &minor, &read) != 2 || !is_digit(version[0]))
		return NULL;
	if (sscanf(version + read, ".%d%n", &patch, &more) == 1)
		read += more;
	if (sscanf(version + read, "-rc%d%n", &candidate, &more) == 1 ||
	    sscanf(version + read, "~rc%d%n", &candidate, &more) == 1)
		read += more;
	if (!is_near_kernel_org(version + read, patch == 0))
		return NULL;
	if (candidate)
		snprintf(buffer, size, "v%d.%d-rc%d", major, minor, candidate);
	else if (patch > 0)
		snprintf(buffer, size, "v%d.%d.%d", major, minor, patch);
	else
		snprintf(buffer, size, "v%d.%d", major, minor);
	return buffer;
}

const char *version_commit(const char *release, char *buffer, size_t size)
{
	const char *at = strrchr(release, 'g');
	size_t length;

	while (at && at > release && at[-1] != '-')
		at = memrchr(release, 'g', (size_t)(at - release));
	if (!at || at == release)
		return NULL;
	length = strspn(at + 1, "0123456789abcdef");
	if (length < 7 || (at[1 + length] && strcmp(at + 1 + length, "-dirty") != 0))
		return NULL;
	snprintf(buffer, size, "%.*s", (int)length, at + 1);
	return buffer;
}
