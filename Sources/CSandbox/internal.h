// What the C files share. Names as in CSandbox.h; nothing here is seen by Swift.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSandbox.h"

#pragma clang diagnostic ignored "-Wnullability-completeness"

enum {
    CSB_JOB_FD = 3,
    CSB_SOCKET_FD = 4,
    CSB_LIFELINE_FD = 5,
    CSB_STATUS_FD = 6,
    CSB_EXIT_SETUP_FAILED = 125,
};
#define CSB_PROGRAM_NAME "build-all-executor"

// Host ids of image ids in `shifted`: everything from 300000 to the last id but one (-1 is no id).
#define CSB_SHIFT 300000u
#define CSB_SHIFTED_COUNT (4294967295u - CSB_SHIFT)

// Rungs on which an executor is in a user namespace of its own, and those on which a step is in one.
static inline bool csb_executor_is_mapped(int32_t rung) {
    return rung == CSB_RUNG_SUBID || rung == CSB_RUNG_MAPPED || rung == CSB_RUNG_SINGLE;
}
static inline bool csb_step_is_mapped(int32_t rung) { return rung != CSB_RUNG_ROOTNS; }
// Rungs on which the executor is root of the machine, or of the container around it.
static inline bool csb_executor_is_root(int32_t rung) { return rung == CSB_RUNG_SHIFTED || rung == CSB_RUNG_ROOTNS; }

#define CSB_CLOSE __attribute__((cleanup(csb_close)))
static inline void csb_close(int *fd) {
    if (*fd < 0) return;
    int saved = errno;
    close(*fd);
    errno = saved;
}

// Fills `failure` from errno and returns -errno.
int csb_fail(struct csb_failure *failure, enum csb_step step, const char *path);
int csb_fail_with(struct csb_failure *failure, enum csb_step step, int error, const char *path);

// io.c
ssize_t csb_read(int fd, void *buffer, size_t length);
int csb_write_all(int fd, const void *buffer, size_t length);
int csb_write_file(const char *path, const void *text, size_t length);
int csb_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve);
size_t csb_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

// process.c
pid_t csb_clone(uint64_t flags, int *pidfd);
int csb_drop_signals(void);
int csb_kill(pid_t pid, int signal);
pid_t csb_visible_pid(int pidfd);
int csb_deny_groups(int pidfd, struct csb_failure *failure);
int csb_write_maps(int pidfd, const char *uid_map, const char *gid_map, struct csb_failure *failure);
int csb_user_namespace(struct csb_failure *failure);
int csb_child_failed(int pipe_fd, const struct csb_failure *failure) __attribute__((noreturn));

// overlay.c
struct csb_overlay {
    const char *first_lower;    // or NULL
    const char *const *lowers;  // ends in NULL
    const char *last_lower;     // or NULL
    const char *upper;          // or NULL
    const char *work;
};
int csb_mount_overlay(const struct csb_overlay *overlay, struct csb_failure *failure);

// mounts.c
int csb_make_filesystem(const char *type, const char *const *options, unsigned attributes);
int csb_bind_file(const char *source, int directory, const char *name, bool read_only, struct csb_failure *failure);
int csb_bind(int tree, int target, bool read_only);
int csb_move(int mount, int target);
int csb_pivot(int root, struct csb_failure *failure);
// The files of /etc that are bound over the image's.
extern const char *const csb_etc_files[];
struct csb_image_files {
    const char *host_name;
    const char *resolver;  // text of /etc/resolv.conf
    bool proc_shows_outside;
    bool has_one_id;
    int terminal_fd;       // becomes /dev/console; -1: there is none
};
int csb_mount_image_files(int root, const struct csb_image_files *files, struct csb_failure *failure);

// `read_only`: that of a container, should it be that one; the zygote writes maps in its own.
int csb_open_proc(bool shows_outside, bool read_only);
struct csb_world;
int csb_mount_own_proc(struct csb_world *world, struct csb_failure *failure);

// walk.c
struct csb_walk {
    int root;                // the image's; the caller's
    bool covers_link;        // a link at the end of the path is not followed
    int fd;                  // of the target or the last directory above it that exists; the caller closes it
    char place[PATH_MAX];    // its path below the root, without links; "" is the root
    char missing[PATH_MAX];  // the rest, which does not exist, or ""
};
int csb_walk(struct csb_walk *walk, const char *path);
int csb_take_component(char *rest, char name[NAME_MAX + 1]);

// sources.c, points.c, over.c: a step's own mounts
#define CSB_WORKSHOP "/workshop"
struct csb_source {
    int tree;  // -1: a file system in memory, which is made later
    bool is_directory;
};
struct csb_mounts {
    const struct csb_step_mount *list;
    size_t count;
    bool has_one_id;  // there is nobody to give a file to
    struct csb_source sources[CSB_MOUNT_LIMIT];
};
int csb_open_workshop(struct csb_failure *failure);
int csb_open_sources(struct csb_mounts *mounts, struct csb_failure *failure);
int csb_mount_image(const struct csb_overlay *overlay, const struct csb_mounts *mounts, struct csb_failure *failure);
int csb_mount_over_image(int root, const struct csb_mounts *mounts, struct csb_failure *failure);

// take.c
int csb_take_state(const struct csb_world *world, struct csb_failure *failure);
void csb_take_back(int state);
int csb_take_path(int state, const char *path, struct csb_failure *failure);
int csb_take_request(const struct csb_step_request *request, struct csb_failure *failure);

struct csb_world;

// seccomp.c
int csb_filter_step(const struct csb_world *world);
int csb_filter_executor(void);
// No socket but UNIX ones, for a step that is to have no network where it cannot have one of its own.
int csb_filter_network(void);

// zygote.c, the world that a step starts from
struct csb_world {
    int32_t rung;
    uint64_t data_limit;
    uint64_t process_limit;
    bool keeps_processors;  // a step may not choose its processors
    const char *state_folder;
    bool proc_shows_outside;  // no fresh /proc can be had: it is the one of the container around the executor
    int mount_namespace;  // the executor's
    char uid_map[512];    // of a step's user namespace
    char gid_map[512];
};
uint64_t csb_step_namespaces(int32_t rung);
int csb_map_step(const struct csb_world *world, int pidfd, struct csb_failure *failure);
int csb_build_world(struct csb_world *world, struct csb_failure *failure);
int csb_run_zygote(struct csb_world *world, int socket, int status_fd) __attribute__((noreturn));

// request.c: the request as it lies in memory after a memfd was mapped
struct csb_parsed_request {
    struct csb_step_request step;
    void *memory;
    size_t size;
};
int csb_encode_request(const struct csb_step_request *request);
// `contents` are the descriptors of the mounts that are files, in order.
int csb_decode_request(int fd, const int *contents, int content_count, struct csb_parsed_request *parsed);
void csb_free_request(struct csb_parsed_request *parsed);

// step.c
struct csb_step_child {
    const struct csb_world *world;
    const struct csb_step_request *request;  // NULL: an empty step, for the probe
    const struct csb_overlay *overlay;
    const char *resolver;                    // text of /etc/resolv.conf
    int go_fd;                               // a byte here says that the id maps are written
    int report_fd;
    struct csb_step_files files;
};
enum csb_report_kind { CSB_REPORT_FAILURE = 1, CSB_REPORT_STATUS = 2 };
struct csb_report {
    int32_t kind;
    int32_t status;  // of wait(2)
    struct csb_failure failure;
};
int csb_enter_step(const struct csb_step_child *child) __attribute__((noreturn));
int csb_prepare_working_directory(const char *path, struct csb_failure *failure);
int csb_drop_capabilities(bool keeps_raw_sockets);
int csb_scope_by_landlock(void);
int csb_limit_step(const struct csb_world *world, struct csb_failure *failure);
int csb_take_descriptors(const struct csb_step_child *child, struct csb_failure *failure);
int csb_take_ids(const struct csb_step_request *request, struct csb_failure *failure);
void csb_exec_step(const struct csb_step_request *request, struct csb_failure *failure);
// `recorder_socket`: from which the listener of csb_ask_recorder comes; -1 without one. `process_limit`: what the kernel
// does not hold; 0: nothing.
int csb_run_init(pid_t program, int report_fd, int recorder_socket, uint64_t process_limit) __attribute__((noreturn));
void csb_reap(pid_t program, int report_fd);

// recorder.c
int csb_install_recorder(void);
int csb_ask_recorder(int socket, const struct csb_step_request *request);
int csb_run_recording_init(pid_t program, int report_fd, int socket) __attribute__((noreturn));
struct csb_recorder {
    int listener;
    int proc;             // /proc
    uint64_t proc_device;  // so that its files are left alone
    uint64_t root_mount;
    uint64_t root_inode;
    int folders;  // see recorder_folders.c, or -1
};
// Takes the listener over; without one (it is -1 then) the program could not be started, which it reports itself.
void csb_begin_recording(struct csb_recorder *recorder, int socket, pid_t program);
void csb_record_one(const struct csb_recorder *recorder);

// offspring.c: processes that descend from this one, but for the spared children and theirs
int csb_signal_offspring(int number, const pid_t *spared, int spared_count);
void csb_kill_offspring(const pid_t *spared, int spared_count);

// More processes and threads below this one than it may have? For root, of whom the kernel counts none (RLIMIT_NPROC).
struct csb_census {
    uint64_t limit;
    uint16_t others;  // processes of the machine that are not counted, modulo 2^16
    unsigned looks;
};
enum { CSB_LOOKS_A_SECOND = 100 };
void csb_begin_counting(struct csb_census *census, uint64_t limit);
bool csb_has_too_many(struct csb_census *census, void (*signal_all)(const void *, int), const void *supervisor);

// keeper.c
int csb_keep_executor(struct csb_failure *failure);

// supervisor.c
enum { CSB_RELAY_COUNT = 2 };
struct csb_relay {
    int from;  // a FIFO, or -1
    int to;
};
struct csb_supervisor {
    pid_t program;
    bool is_scoped;
    int report_fd;
    uint64_t process_limit;  // that nothing else holds; 0: none
    int recorder;  // the socket of csb_ask_recorder's other end, or -1
    int folders;   // see recorder_folders.c, or -1
    struct csb_relay relays[CSB_RELAY_COUNT];
};
void csb_supervise(const struct csb_supervisor *supervisor) __attribute__((noreturn));

// jail.c
void csb_tell_failure(int report_fd, const struct csb_failure *failure) __attribute__((noreturn));
int csb_confine_signals(void);
int csb_close_doors(const struct csb_world *world, int network, struct csb_failure *failure);
int csb_become_supervisor(const struct csb_step_child *child, struct csb_supervisor *supervisor,
                          struct csb_failure *failure);
int csb_enter_jail(const struct csb_step_child *child) __attribute__((noreturn));
int csb_try_jail(const struct csb_world *world, const char *root, struct csb_failure *failure);

// in_place.c
int csb_own_step_files(struct csb_failure *failure);
int csb_enter_in_place(const struct csb_step_child *child) __attribute__((noreturn));
// `folder`: an empty one in the state folder.
int csb_try_in_place(struct csb_world *world, const char *folder, struct csb_failure *failure);

// step.c: do the owners of a folder and of a link in it last? Leaves the folder another's.
int csb_try_records(const char *folder, struct csb_failure *failure);

// network.c
struct csb_network_stack {
    int state;  // 0 not tried, 1 runs, 2 none can be had
    int namespace_fd;
    char note[248];
    char resolver[4096];
};
struct csb_own_net {
    int user_fd;  // the owner of the other
    int network_fd;
};
// `nobody`: the stack's user on the host in `shifted`, so that it is not root.
enum { CSB_STACK_USER = 65534 };
void csb_start_network_stack(const struct csb_world *world, struct csb_network_stack *stack);
// stacks.c: fills the resolver, or the note.
int csb_run_stack(const struct csb_world *world, const struct csb_own_net *net, struct csb_network_stack *stack);
int csb_loopback_up(void);
void csb_read_resolver(char *buffer, size_t size);
