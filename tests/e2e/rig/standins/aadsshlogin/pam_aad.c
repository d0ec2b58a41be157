/* SPDX-License-Identifier: MIT */
/* Stand-in for pam_aad.so: lets accounts whose name is a UPN in, has no opinion on any other. */
#include <string.h>

enum { pam_success = 0, pam_ignore = 25 };
typedef struct pam_handle pam_handle_t;
int pam_get_user(pam_handle_t *handle, const char **user, const char *prompt) __attribute__((weak));

static int entra_user(pam_handle_t *handle) {
    const char *user = 0;
    if (!pam_get_user || pam_get_user(handle, &user, 0) != pam_success || !user) return 0;
    return strchr(user, '@') != 0;
}

int pam_sm_authenticate(pam_handle_t *h, int flags, int argc, const char **argv) {
    (void)h, (void)flags, (void)argc, (void)argv;
    return pam_ignore;
}
int pam_sm_setcred(pam_handle_t *h, int flags, int argc, const char **argv) {
    (void)flags, (void)argc, (void)argv;
    return entra_user(h) ? pam_success : pam_ignore;
}
int pam_sm_acct_mgmt(pam_handle_t *h, int flags, int argc, const char **argv) {
    (void)flags, (void)argc, (void)argv;
    return entra_user(h) ? pam_success : pam_ignore;
}
int pam_sm_open_session(pam_handle_t *h, int flags, int argc, const char **argv) {
    (void)h, (void)flags, (void)argc, (void)argv;
    return pam_ignore;
}
int pam_sm_close_session(pam_handle_t *h, int flags, int argc, const char **argv) {
    (void)h, (void)flags, (void)argc, (void)argv;
    return pam_ignore;
}
