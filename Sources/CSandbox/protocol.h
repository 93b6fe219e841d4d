// Executor to zygote: one message for each step, with these descriptors: the request in a memfd, the socket for the
// replies, stdout, stderr, stdin if there is one, and the contents of the mounts that are files.
// Zygote to executor, over that socket: STARTED with a pidfd, later EXITED or FAILED; or FAILED at once.
#pragma once

#include "CSandbox.h"

struct csb_start {
    int32_t has_stdin;
    int32_t is_terminal;
};
enum { CSB_START_REQUEST, CSB_START_REPLY, CSB_START_STDOUT, CSB_START_STDERR, CSB_START_FIXED };

enum csb_reply_kind { CSB_REPLY_STARTED = 1, CSB_REPLY_EXITED = 2, CSB_REPLY_FAILED = 3 };
struct csb_reply {
    int32_t kind;
    int32_t network;
    struct csb_usage usage;
    struct csb_failure failure;
    char note[248];
};
