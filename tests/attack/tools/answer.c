/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the daemon's place: every client of SOCKET gets what is in FILE, read anew
 * for each, once it has asked.  Until it is killed.
 *	answer SOCKET FILE
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void serve(int fd, const char *path)
{
	FILE *file = fopen(path, "re");
	char bytes[65536];
	size_t n;

	if (recv(fd, bytes, sizeof(bytes), 0) > 0 && file)
		while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
			send(fd, bytes, n, MSG_NOSIGNAL);
	if (file)
		fclose(file);
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int client, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 3)
		return 100;
	strncpy(addr.sun_path, argv[1], sizeof(addr.sun_path) - 1);
	unlink(argv[1]);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16))
		return 1;
	while ((client = accept(fd, NULL, NULL)) >= 0)
		serve(client, argv[2]);
	return 1;
}
