/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * base/log: the form of a line for each target, its bounds, and that a reader
 * which is gone or stuck costs neither the line's order nor the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_line.h"
#include "base/log_sink.h"
#include "base/uuid.h"

#include "tap.h"

static int real_stderr;
static char output[65536];

/* From here on standard error is FD. */
static void redirect(int fd)
{
	dup2(fd, STDERR_FILENO);
}

static FILE *redirect_to_file(void)
{
	FILE *file = tmpfile();

	redirect(fileno(file));
	return file;
}

/* What was written since; standard error is the real one again. */
static const char *take(FILE *file)
{
	ssize_t len = pread(fileno(file), output, sizeof(output) - 1, 0);

	output[len < 0 ? 0 : len] = '\0';
	fclose(file);
	redirect(real_stderr);
	return output;
}

static bool matches(const char *text, const char *pattern)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static const char *after_time(const char *line)
{
	const char *space = strchr(line, ' ');

	return space ? space + 1 : "";
}

#define UUID_EXAMPLE "00010203-0405-0607-0809-0a0b0c0d0e0f"
static const uint8_t uuid[UUID_BYTES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
					  11, 12, 13, 14, 15 };

static void test_line(void)
{
	FILE *file = redirect_to_file();
	const char *line;

	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "keeper");
	log_event(LOG_LEVEL_WARN, "worker-lost", LOG_INT("domid", -7),
		  LOG_UUID("uuid", uuid), LOG_TEXT("name", "web 1"),
		  LOG_TEXT("kind", "pv"), LOG_TEXT("none", NULL),
		  LOG_UUID("no_uuid", NULL), LOG_TEXT("empty", ""));
	line = take(file);
	ok(matches(line, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
			 "\\.[0-9]{3}Z warn keeper "),
	   "a line begins with the time in UTC, the level and the role");
	is_text(after_time(line), "warn keeper worker-lost domid=-7 "
		"uuid=" UUID_EXAMPLE " name=\"web 1\" kind=pv empty=\"\"\n",
		"then the event and its fields; NULL is left out");
}

static void test_time(void)
{
	struct log_line line;
	const struct log_field none = { 0 };
	struct log_record record = { LOG_LEVEL_INFO, "r", "e", &none,
				     { 951782399, 7999999 } };

	log_line_format(&line, &record, "");
	is_text(line.at, "2000-02-28T23:59:59.007Z info r e\n",
		"milliseconds are cut, not rounded");
}

static void test_levels(void)
{
	FILE *file = redirect_to_file();
	unsigned int wrong = 0;
	enum log_level level;

	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_NOTICE, "keeper");
	log_event(LOG_LEVEL_INFO, "hidden");
	log_event(LOG_LEVEL_NOTICE, "shown");
	is_text(after_time(take(file)), "notice keeper shown\n",
		"only what is important enough is written");
	ok(log_least() == LOG_LEVEL_NOTICE, "the least level can be asked for");
	for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_CRITICAL; i++)
		wrong += log_level_parse(log_level_name(i), &level) ||
			 (int)level != i;
	ok(wrong == 0, "each level's name is read back");
	ok(log_level_parse("loud", &level) == -EINVAL &&
	   log_level_parse("", &level) == -EINVAL, "other names are refused");
	is_text(log_level_name(0), "unknown", "a level out of range has a name");
	is_text(log_level_name(99), "unknown", "also over the range");
}

static void test_targets(void)
{
	enum log_target target = LOG_TARGET_STDERR;

	ok(!log_target_parse("journal", &target) && target == LOG_TARGET_JOURNAL,
	   "journal is a target");
	ok(!log_target_parse("syslog", &target) && target == LOG_TARGET_SYSLOG,
	   "syslog is a target");
	ok(!log_target_parse("stderr", &target) && target == LOG_TARGET_STDERR,
	   "stderr is a target");
	ok(log_target_parse("file", &target) == -EINVAL, "file is none");
}

/* One value of each byte: one line, nothing unquoted that could split it. */
static void test_byte_sweep(void)
{
	unsigned int wrong = 0;

	log_setup(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "keeper");
	for (int byte = 1; byte < 256; byte++) {
		char value[4] = { 'a', byte, 'b' };
		FILE *file = redirect_to_file();
		const char *line, *end;

		log_event(LOG_LEVEL_INFO, "e", LOG_TEXT("k", value));
		line = take(file);
		end = strchr(line, '\n');
		wrong += !end || end[1] != '\0';
		wrong += !matches(after_time(line), "^info keeper e k=(\""
			"([^\"\\]|\\\\.)*\"|[-A-Za-z0-9._:/@%+,]+)\n$");
		for (const char *c = line; c < end; c++)
			wrong += (unsigned char)*c < 0x20 || *c == 0x7f;
	}
	ok(wrong == 0, "every byte in a value leaves one line of one form");
}

/* Values of every length around the bound, before plain and quoted ones. */
static void test_cut(void)
{
	static char value[2 * LOG_LINE_BYTES];
	unsigned int wrong = 0, marked = 0;

	for (size_t len = LOG_LINE_BYTES - 200; len < LOG_LINE_BYTES + 50; len++) {
		FILE *file = redirect_to_file();
		const char *line;
		bool cut;

		memset(value, 'x', len);
		value[len] = '\0';
		log_event(LOG_LEVEL_INFO, "e", LOG_TEXT("k", value),
			  LOG_INT("number", 1234), LOG_TEXT("text", "a b"));
		line = take(file);
		cut = matches(line, "x\"( number=1234)?( text=\"[ab ]*\")? cut=yes\n$");
		marked += cut;
		wrong += strlen(line) >= LOG_LINE_BYTES;
		wrong += !cut && !matches(line, "x\" number=1234 text=\"a b\"\n$");
	}
	ok(wrong == 0, "a line is bounded, a cut is marked, a number is whole");
	ok(marked > 50 && marked < 250, "some lines were cut, some were not");
}

/* An escape of eight bytes is never cut in its middle. */
static void test_cut_escape(void)
{
	static char value[3 * 2000 + 8 + 1];
	unsigned int wrong = 0;

	for (size_t shift = 0; shift < 8; shift++) {
		FILE *file = redirect_to_file();

		memset(value, 'x', shift);
		for (size_t i = 0; i < 2000; i++)
			memcpy(value + shift + 3 * i, "\xe2\x80\xae", 4);
		log_event(LOG_LEVEL_INFO, "e", LOG_TEXT("k", value));
		wrong += !matches(take(file), "u\\{202E\\}\" cut=yes\n$");
	}
	ok(wrong == 0, "a cut falls behind a whole escape");
}

static void test_many_fields(void)
{
	struct log_field fields[600] = { 0 };
	const struct log_record record = { LOG_LEVEL_INFO, "keeper", "e",
					   fields, { 0 } };
	struct log_line line;

	for (size_t i = 0; i < 599; i++)
		fields[i] = (struct log_field)LOG_TEXT("key", "two words");
	log_line_format(&line, &record, "<6>");
	ok(line.cut && matches(line.at, " key=\"two words\"( key=\"[^\"]*\")? cut=yes\n$"),
	   "too many fields end in the mark");
	log_line_format_journal(&line, &record);
	ok(line.cut && line.len < LOG_LINE_BYTES &&
	   matches(line.at, "XENVIGIL_KEY=two words\nXENVIGIL_CUT=yes\n$"),
	   "also in the journal's packet");
	log_line_format_syslog(&line, &record);
	ok(line.cut && line.len < LOG_LINE_BYTES, "also for syslog");
}

static void test_catalog_id(void)
{
	const struct log_field fields[] = { LOG_TEXT("domain", "web1"), { 0 } };
	struct log_record record = { LOG_LEVEL_WARN, "keeper", "incident-held",
				     fields, { 0 } };
	struct log_line line;

	log_line_format_journal(&line, &record);
	ok(matches(line.at, "\nMESSAGE_ID=65af006db7e24eac85ca98072d37acea\n"),
	   "an event of the catalog has its number in the journal");
	record.event = "incident";
	log_line_format_journal(&line, &record);
	ok(!matches(line.at, "MESSAGE_ID"), "another has none");
}

static void test_errno(void)
{
	FILE *file = redirect_to_file();

	errno = EDOM;
	log_event(LOG_LEVEL_INFO, "e");
	ok(errno == EDOM, "errno is kept when a line is written");
	take(file);
	close(STDERR_FILENO);
	errno = EDOM;
	log_event(LOG_LEVEL_INFO, "e");
	ok(errno == EDOM, "and when standard error is closed");
	redirect(real_stderr);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pipe without a reader: no SIGPIPE, which would end this program. */
static void test_no_reader(void)
{
	int fd[2];

	ok(pipe(fd) == 0, "a pipe is there");
	close(fd[0]);
	redirect(fd[1]);
	log_event(LOG_LEVEL_INFO, "e");
	close(fd[1]);
	redirect(real_stderr);
	ok(true, "a pipe without a reader is survived");
}

static void drain(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, output, sizeof(output)) > 0)
		;
}

/* A full pipe costs one bounded wait; what was lost is counted. */
static void test_stuck_reader(void)
{
	static const char block[4096];
	int64_t start;
	ssize_t len;
	int fd[2];

	ok(pipe(fd) == 0, "a pipe is there");
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	while (write(fd[1], block, sizeof(block)) > 0)
		;
	fcntl(fd[1], F_SETFL, 0);
	redirect(fd[1]);
	start = now_ms();
	for (int i = 0; i < 100; i++)
		log_event(LOG_LEVEL_INFO, "lost");
	ok(now_ms() - start < 5000, "a hundred lines do not wait for a stuck reader");
	drain(fd[0]);
	log_event(LOG_LEVEL_INFO, "after");
	len = read(fd[0], output, sizeof(output) - 1);
	output[len < 0 ? 0 : len] = '\0';
	/* the one that no reader took in test_no_reader() and test_errno() */
	ok(matches(output, "keeper after\n.*warn keeper log-dropped count=10[0-9]\n$"),
	   "what was lost is counted once the reader is back");
	close(fd[0]);
	close(fd[1]);
	redirect(real_stderr);
}

static void test_journal_stream(void)
{
	FILE *file = redirect_to_file();
	char stream[64];
	struct stat st;
	FILE *other;

	fstat(fileno(file), &st);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_event(LOG_LEVEL_WARN, "e");
	other = redirect_to_file();
	log_event(LOG_LEVEL_WARN, "e");
	ok(matches(take(other), "^2.*warn keeper e\n$"),
	   "a file that is not the journal's stream is not told the severity");
	ok(matches(take(file), "^<4>2.*warn keeper e\n$"),
	   "the journal's stream is");
	unsetenv("JOURNAL_STREAM");
}

static int listen_at(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	strcpy(address.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 1) < 0))
		return -1;
	return fd;
}

static const char *receive(int fd)
{
	ssize_t len = recv(fd, output, sizeof(output) - 1, MSG_DONTWAIT);

	output[len < 0 ? 0 : len] = '\0';
	return output;
}

static void test_journal(const char *path)
{
	int fd = listen_at(path, SOCK_DGRAM);

	log_sink_set_path(LOG_TARGET_JOURNAL, path);
	log_setup(LOG_TARGET_JOURNAL, LOG_LEVEL_INFO, "watcher");
	log_event(LOG_LEVEL_ERROR, "step-failed", LOG_INT("domid", 3),
		  LOG_TEXT("new-name", "a\nMESSAGE=b"));
	is_text(receive(fd), "PRIORITY=3\nSYSLOG_IDENTIFIER=xenvigild\n"
		"MESSAGE=error watcher step-failed domid=3 "
		"new-name=\"a\\x0aMESSAGE=b\"\n"
		"MESSAGE_ID=e2acd30138fe413f8265971a9c86340c\n"
		"XENVIGIL_ROLE=watcher\nXENVIGIL_EVENT=step-failed\n"
		"XENVIGIL_DOMID=3\nXENVIGIL_NEW_NAME=a\\x0aMESSAGE=b\n",
		"the journal gets the line and each field");
	close(fd);

	fd = listen_at(path, SOCK_DGRAM);
	log_event(LOG_LEVEL_INFO, "again");
	ok(matches(receive(fd), "MESSAGE=info watcher again\n"),
	   "a journal that was restarted is found again");
	close(fd);
}

/* A journal that has stopped reading: its queue fills, nobody waits. */
static void test_stuck_journal(const char *path)
{
	FILE *file = redirect_to_file();
	int fd = listen_at(path, SOCK_DGRAM);
	int64_t start = now_ms();

	for (int i = 0; i < 3000; i++)
		log_event(LOG_LEVEL_INFO, "flood");
	ok(now_ms() - start < 20000, "a stuck journal does not stop us");
	ok(matches(take(file), "info watcher flood\n"),
	   "what it does not take goes to standard error");
	close(fd);
	unlink(path);
}

static void test_syslog(const char *path, int type)
{
	int fd = listen_at(path, type), reader = fd;

	log_sink_set_path(LOG_TARGET_SYSLOG, path);
	log_setup(LOG_TARGET_SYSLOG, LOG_LEVEL_INFO, "worker");
	log_event(LOG_LEVEL_CRITICAL, "e", LOG_TEXT("k", "v w"));
	if (type == SOCK_STREAM)
		reader = accept(fd, NULL, NULL);
	ok(matches(receive(reader), "^<26>[A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} "
		   "xenvigild\\[[0-9]+\\]: critical worker e k=\"v w\"$"),
	   "syslog gets a line by its own form: %s",
	   type == SOCK_STREAM ? "stream" : "packets");
	close(reader);
	if (reader != fd)
		close(fd);
	unlink(path);
}

static void test_no_daemon(const char *path)
{
	FILE *file = redirect_to_file();

	log_sink_set_path(LOG_TARGET_SYSLOG, path);
	log_event(LOG_LEVEL_INFO, "e");
	ok(matches(take(file), "Z info worker e\n$"),
	   "without a syslog daemon a line goes to standard error");
}

int main(void)
{
	char dir[] = "/tmp/test_log.XXXXXX", path[64];

	setenv("TZ", "UTC", 1);
	unsetenv("JOURNAL_STREAM");
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	ok(mkdtemp(dir) != NULL, "a temporary directory is there");
	snprintf(path, sizeof(path), "%s/socket", dir);

	test_line();
	test_time();
	test_levels();
	test_targets();
	test_byte_sweep();
	test_cut();
	test_cut_escape();
	test_many_fields();
	test_catalog_id();
	test_errno();
	test_no_reader();
	test_stuck_reader();
	test_journal_stream();
	test_journal(path);
	test_stuck_journal(path);
	test_syslog(path, SOCK_DGRAM);
	test_syslog(path, SOCK_STREAM);
	test_no_daemon(path);
	rmdir(dir);
	return done_testing();
}
