/* SPDX-License-Identifier: MIT */
/* Stand-in for libnss_aad.so.2: knows one user and her group, alice@contoso.example. */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>

static const char name[] = "alice@contoso.example";
enum { id = 20001 };

static char *put(char **at, const char *text) {
    char *start = *at;
    size_t length = strlen(text) + 1;
    memcpy(start, text, length);
    *at += length;
    return start;
}

static enum nss_status user(struct passwd *out, char *buffer, size_t room, int *error) {
    if (room < 128) return *error = ERANGE, NSS_STATUS_TRYAGAIN;
    out->pw_name = put(&buffer, name);
    out->pw_passwd = put(&buffer, "x");
    out->pw_gecos = put(&buffer, "Alice");
    out->pw_dir = put(&buffer, "/tmp");
    out->pw_shell = put(&buffer, "/bin/sh");
    out->pw_uid = id;
    out->pw_gid = id;
    return NSS_STATUS_SUCCESS;
}

static enum nss_status group(struct group *out, char *buffer, size_t room, int *error) {
    if (room < 128) return *error = ERANGE, NSS_STATUS_TRYAGAIN;
    out->gr_mem = (char **)(((size_t)buffer + sizeof(char *) - 1) & ~(sizeof(char *) - 1));
    out->gr_mem[0] = 0;
    buffer = (char *)(out->gr_mem + 1);
    out->gr_name = put(&buffer, name);
    out->gr_passwd = put(&buffer, "x");
    out->gr_gid = id;
    return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_aad_getpwnam_r(const char *who, struct passwd *out, char *buffer, size_t room, int *error) {
    return strcmp(who, name) ? NSS_STATUS_NOTFOUND : user(out, buffer, room, error);
}
enum nss_status _nss_aad_getpwuid_r(uid_t who, struct passwd *out, char *buffer, size_t room, int *error) {
    return who != id ? NSS_STATUS_NOTFOUND : user(out, buffer, room, error);
}
enum nss_status _nss_aad_getgrnam_r(const char *which, struct group *out, char *buffer, size_t room, int *error) {
    return strcmp(which, name) ? NSS_STATUS_NOTFOUND : group(out, buffer, room, error);
}
enum nss_status _nss_aad_getgrgid_r(gid_t which, struct group *out, char *buffer, size_t room, int *error) {
    return which != id ? NSS_STATUS_NOTFOUND : group(out, buffer, room, error);
}
