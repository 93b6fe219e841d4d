// What starting an executor and probing a rung share: the thread, the clone, the id maps.
#pragma once

#include "internal.h"

struct csb_channel {
    int go[2];      // a byte: the id maps are written
    int status[2];  // failures of the child, or one that says that there are none
};

// What the new process runs; it does not return.
typedef void csb_child_body(const struct csb_spawn_request *request, const struct csb_channel *channel);

struct csb_task {
    int (*run)(struct csb_task *task);
    const struct csb_spawn_request *request;
    int *pidfd;
    struct csb_failure *failure;
    int result;
    bool done;
};

// Runs a task on the thread that lives as long as the process.
int csb_run_on_thread(struct csb_task *task);

// `single` as root: what `mapped` took goes back before the clone; the ids of the new namespace could not reach it.
void csb_prepare_state(int32_t rung, const char *state_folder);

// Clones a process for `body` and waits until it has told how its start went. Returns the pid.
int csb_start(const struct csb_spawn_request *request, csb_child_body *body, int *pidfd, struct csb_failure *failure);

// In the child: waits for the byte, then takes the ids.
int csb_wait_for_maps(int32_t rung, const struct csb_channel *channel, struct csb_failure *failure);
