// Zygote to executor, over a step's own socket: STARTED with a pidfd, later EXITED or FAILED; or FAILED at once.
#pragma once

#include "CSandbox.h"

enum csb_reply_kind { CSB_REPLY_STARTED = 1, CSB_REPLY_EXITED = 2, CSB_REPLY_FAILED = 3 };
struct csb_reply {
    int32_t kind;
    int32_t network;
    struct csb_usage usage;
    struct csb_failure failure;
    char note[248];
};
