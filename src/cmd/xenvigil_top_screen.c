/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "top" on a terminal: frames drawn by ncurses, keys, and the terminal left as
 * it was found, whatever ends us.
 */
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "role/client.h"
#include "xenvigil_cmd.h"

#define HEAD_LINES 4	/* the last of them names the columns */
#define PAGE_LINES 10

struct screen {
	struct xenvigil_top *top;
	struct text frame, marks;
	const char *trouble;	/* why there is no newer frame; NULL */
	int skip;		/* rows above the first that is shown */
	int64_t due_ms;
};

static volatile sig_atomic_t ended_by;

static void on_end(int signal)
{
	ended_by = signal;
}

/* SA_RESTART is not set: whatever waits comes back. */
static void catch_ends(void)
{
	struct sigaction act = { .sa_handler = on_end };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGQUIT, &act, NULL);
}

/* --- drawing --- */

static int count_lines(const char *text)
{
	int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* How many bytes of the line fit; a character of UTF-8 takes a cell. */
static int fit(const char *line, size_t len)
{
	int cells = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		cells += (line[i] & 0xc0) != 0x80;
		if (cells > COLS)
			break;
	}
	return (int)i;
}

static void draw_line(int y, const char *line, size_t len, bool marked)
{
	bool head = y == HEAD_LINES - 1;

	attron(head ? A_REVERSE : marked ? A_BOLD : A_NORMAL);
	mvaddnstr(y, 0, line, fit(line, len));
	for (int x = getcurx(stdscr); head && getcury(stdscr) == y &&
	     x < COLS - 1; x++)
		addch(' ');
	attroff(A_REVERSE | A_BOLD);
}

/* A line too long is cut at the edge, not wrapped. */
static void draw_frame(const struct screen *screen)
{
	const char *at = text_get(&screen->frame);
	const char *marks = text_get(&screen->marks);
	int line = 0;

	for (; *at; line++) {
		const char *end = strchr(at, '\n');
		size_t len = end ? (size_t)(end - at) : strlen(at);
		int y = line < HEAD_LINES ? line : line - screen->skip;

		if (y < LINES && (line < HEAD_LINES || y >= HEAD_LINES)) {
			draw_line(y, at, len, marks[line] == '!');
			if (y + 1 < LINES && move(y + 1, 0) == OK)
				clrtoeol();
		}
		at += len + (end != NULL);
	}
}

static void draw(struct screen *screen)
{
	int rows = count_lines(text_get(&screen->frame)) - HEAD_LINES;
	int most = rows - (LINES - HEAD_LINES);

	if (screen->skip > most)
		screen->skip = most;
	if (screen->skip < 0)
		screen->skip = 0;
	erase();
	draw_frame(screen);
	if (screen->trouble) {
		attron(A_BOLD);
		mvprintw(LINES > HEAD_LINES ? 2 : 0, 0, "no answer: %s",
			 screen->trouble);
		clrtoeol();
		attroff(A_BOLD);
	}
	refresh();
}

/* An old frame stays in sight while the daemon does not answer. */
static void fetch_frame(struct screen *screen)
{
	struct text frame = { 0 }, marks = { 0 };
	int r = xenvigil_top_frame(screen->top, &frame, &marks);

	screen->trouble = r ? client_explain(r) : NULL;
	if (r) {
		text_free(&frame);
		text_free(&marks);
	} else {
		text_free(&screen->frame);
		text_free(&screen->marks);
		screen->frame = frame;
		screen->marks = marks;
	}
	screen->due_ms = clock_ms() + (int64_t)(screen->top->delay_s * 1000);
}

/* --- keys --- */

static void next_order(struct screen *screen)
{
	screen->top->sort++;
	if (!xenvigil_top_keys[screen->top->sort])
		screen->top->sort = 0;
	screen->due_ms = 0;
}

/* Returns whether to go on. */
static bool obey(struct screen *screen, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 's':
		next_order(screen);
		break;
	case ' ':
		screen->due_ms = 0;
		break;
	case KEY_DOWN:
	case 'j':
		screen->skip++;
		break;
	case KEY_UP:
	case 'k':
		screen->skip--;
		break;
	case KEY_NPAGE:
		screen->skip += PAGE_LINES;
		break;
	case KEY_PPAGE:
		screen->skip -= PAGE_LINES;
		break;
	default: /* KEY_RESIZE has changed LINES and COLS; else the time came */
		break;
	}
	return true;
}

static void run_screen(struct screen *screen)
{
	int64_t left_ms, frames = 0;
	bool go_on = true;

	while (go_on && !ended_by) {
		left_ms = screen->due_ms - clock_ms();
		if (left_ms <= 0) {
			if (frames++ == screen->top->frames)
				return;
			fetch_frame(screen);
			left_ms = screen->due_ms - clock_ms();
		}
		draw(screen);
		timeout(left_ms > 0 ? (int)left_ms : 0);
		go_on = obey(screen, getch());
	}
}

int xenvigil_top_screen(struct xenvigil_top *top)
{
	struct screen screen = { .top = top };
	SCREEN *terminal;

	setlocale(LC_ALL, "");
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		fprintf(stderr, "xenvigil: unknown terminal (TERM)\n");
		return EXIT_FAILURE;
	}
	catch_ends();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	run_screen(&screen);
	endwin();
	delscreen(terminal);
	text_free(&screen.frame);
	text_free(&screen.marks);
	if (ended_by) { /* as the parent process expects it */
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	return EXIT_SUCCESS;
}
