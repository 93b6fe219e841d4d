// The recorder: process 1 of a step on the rung `single`, or the supervisor on `inplace`, answers calls that name owners,
// see docs/sandbox.md.
#pragma once

#include <linux/seccomp.h>
#include <stdint.h>

#include "internal.h"
#include "owners.h"

// Who a process takes itself for. The kernel knows one id only, which is 0 here.
struct csb_identity {
    uint32_t real_uid, effective_uid, saved_uid, file_uid;
    uint32_t real_gid, effective_gid, saved_gid, file_gid;
    uint32_t group_count;
    uint32_t groups[64];
};

// One call of a process of the step.
struct csb_notice {
    const struct csb_recorder *recorder;
    uint64_t id;
    pid_t pid;            // as it is called here
    int call;             // the native number
    bool is_native;       // not of an i386 program
    const uint64_t *arguments;
    struct csb_identity who;
};

// What a process is answered: a result (-errno), or that the kernel shall do the call itself.
struct csb_verdict {
    bool lets_kernel;
    bool is_sent;  // with a descriptor, already
    int64_t result;
};
static inline struct csb_verdict csb_let_kernel(void) { return (struct csb_verdict){.lets_kernel = true}; }
static inline struct csb_verdict csb_answer(int64_t result) { return (struct csb_verdict){.result = result}; }

// recorder_target.c: memory and paths of the process that calls
int csb_read_memory(const struct csb_notice *notice, uint64_t address, void *buffer, size_t size);
int csb_write_memory(const struct csb_notice *notice, uint64_t address, const void *buffer, size_t size);
int csb_read_path(const struct csb_notice *notice, uint64_t address, char path[PATH_MAX]);
int csb_open_target(const struct csb_notice *notice, int directory, const char *path, bool follows);
int csb_open_parent(const struct csb_notice *notice, int directory, const char *path, char name[NAME_MAX + 1]);
int csb_open_visible(const struct csb_notice *notice, const char *what, int flags);
struct csb_verdict csb_handle_root(void);
mode_t csb_target_umask(const struct csb_notice *notice);

// recorder_ids.c: who processes are, and set-user-id programs
struct csb_identity csb_identity_of(pid_t pid);
int csb_give_identity(pid_t pid, const struct csb_identity *identity);
struct csb_verdict csb_handle_ids(struct csb_notice *notice);
struct csb_verdict csb_handle_exec(struct csb_notice *notice);

// recorder_folders.c: folders that an image has together with the container that it is built in
int csb_open_record(const struct csb_recorder *recorder, int file, const struct statx *status);
bool csb_recorded_status(const struct csb_recorder *recorder, int file, struct statx *status);
int csb_date_record(int record, int file, const struct timespec times[2]);
int csb_keep_date(int record, int file, const struct statx *told);

// recorder_owners.c: chown, stat, times
struct csb_verdict csb_handle_owners(struct csb_notice *notice);

// recorder_attributes.c: modes and capabilities of files, where root of the step has no capabilities
struct csb_verdict csb_handle_modes(struct csb_notice *notice);
struct csb_verdict csb_handle_attributes(struct csb_notice *notice);

// recorder_making.c: open, mkdir, mknod, symlink
struct csb_verdict csb_handle_making(struct csb_notice *notice);
