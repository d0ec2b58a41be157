/* SPDX-License-Identifier: MIT */
/* Stand-in for aad_certhandler, sshd's AuthorizedKeysCommand: prints the keys that the test's file lists for the user.
   A line of the file is "USER AUTHORIZED_KEYS_LINE". */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    char line[8192];
    FILE *keys = fopen("/etc/aadsshlogin-standin/keys", "r");
    size_t length;
    if (argc < 2 || !keys) return 0;
    length = strlen(argv[1]);
    while (fgets(line, sizeof line, keys))
        if (!strncmp(line, argv[1], length) && line[length] == ' ') fputs(line + length + 1, stdout);
    fclose(keys);
    return 0;
}
