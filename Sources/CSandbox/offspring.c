// Ending all that descends from a process where no pid namespace does it. The caller is a subreaper: whoever forks twice
// or calls setsid becomes its child once the parents are gone.
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "internal.h"

enum { MOST_PROCESSES = 32768 };
struct process {
    pid_t pid, parent;
    uint64_t threads;
    bool descends;
};

// The pid of the name of a folder of /proc, 0 for every other name.
static pid_t pid_of(const char *name) {
    pid_t pid = 0;
    for (; *name >= '0' && *name <= '9'; name++) pid = pid * 10 + (*name - '0');
    return *name ? 0 : pid;
}

// A number of decimal digits after so many blanks.
static uint64_t field(const char *text, int blanks) {
    while (blanks > 0 && *text)
        if (*text++ == ' ') blanks--;
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

// Fields 4 and 20 of /proc/PID/stat; the name in field 2 may hold anything and ends at the last parenthesis. False: it is gone.
static bool look_at(int proc, const char *name, struct process *process) {
    char path[32], text[512];
    csb_format(path, sizeof path, "%s/stat", name);
    CSB_CLOSE int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : csb_read(file, text, sizeof text - 1);
    if (length <= 0) return false;
    text[length] = 0;
    const char *end = strrchr(text, ')');
    if (!end) return false;
    *process = (struct process){.pid = pid_of(name), .parent = (pid_t)field(end, 2), .threads = field(end, 18)};
    return process->parent != 0;
}

// getdents64 instead of opendir: nothing here takes memory.
static int list(struct process *processes) {
    static char names[65536];
    int count = 0;
    long length;
    CSB_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) return -errno;
    while ((length = syscall(SYS_getdents64, proc, names, sizeof names)) > 0) {
        for (long offset = 0; offset < length && count < MOST_PROCESSES;) {
            struct dirent64 *entry = (struct dirent64 *)(void *)(names + offset);
            offset += entry->d_reclen;
            if (pid_of(entry->d_name) && look_at(proc, entry->d_name, &processes[count])) count++;
        }
    }
    return count;
}

static bool is_spared(pid_t pid, const pid_t *spared, int count) {
    for (int index = 0; index < count; index++)
        if (spared[index] == pid) return true;
    return false;
}

static bool descends_from(const struct process *processes, int count, pid_t parent, pid_t own) {
    if (parent == own) return true;
    for (int index = 0; index < count; index++)
        if (processes[index].pid == parent) return processes[index].descends;
    return false;
}

// Marks those below this process, but for the spared and what descends from them. How many there are.
static int mark(struct process *processes, int count, const pid_t *spared, int spared_count) {
    pid_t own = getpid();
    int found = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (int index = 0; index < count; index++) {
            struct process *process = &processes[index];
            if (process->descends || is_spared(process->pid, spared, spared_count)) continue;
            if (!descends_from(processes, count, process->parent, own)) continue;
            process->descends = changed = true;
            found++;
        }
    }
    return found;
}

static struct process processes[MOST_PROCESSES];

int csb_signal_offspring(int number, const pid_t *spared, int spared_count) {
    int count = list(processes);
    if (count < 0) return count;
    int found = mark(processes, count, spared, spared_count);
    for (int index = 0; index < count; index++)
        if (processes[index].descends) csb_kill(processes[index].pid, number);
    return found;
}

static void reap(const pid_t *spared, int spared_count) {
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        if (is_spared(info.si_pid, spared, spared_count)) return;
        waitpid(info.si_pid, NULL, 0);
        info.si_pid = 0;
    }
}

// Stopped first, so that a process that forks faster than it is found comes to an end.
void csb_kill_offspring(const pid_t *spared, int spared_count) {
    while (csb_signal_offspring(SIGSTOP, spared, spared_count) > 0) {
        csb_signal_offspring(SIGKILL, spared, spared_count);
        reap(spared, spared_count);
        usleep(500);
    }
}

// MARK: - How many

static uint64_t count_threads(void) {
    uint64_t threads = 0;
    int count = list(processes);
    if (count > 0) mark(processes, count, NULL, 0);
    for (int index = 0; index < count; index++)
        if (processes[index].descends) threads += processes[index].threads;
    return threads;
}

// Of the machine, modulo 2^16.
static uint16_t count_all(void) {
    struct sysinfo info = {0};
    sysinfo(&info);
    return info.procs;
}

void csb_begin_counting(struct csb_census *census, uint64_t limit) {
    *census = (struct csb_census){.limit = limit, .others = count_all()};
}

static uint64_t take_census(struct csb_census *census) {
    uint64_t threads = count_threads();
    census->others = (uint16_t)(count_all() - threads);
    return threads;
}

// A look at all of /proc takes long among many busy processes: what costs one call says when to do that, and now and then one
// is taken without. Those that were counted while they became more are stopped and counted again.
bool csb_has_too_many(struct csb_census *census, void (*signal_all)(const void *, int), const void *supervisor) {
    uint16_t more = (uint16_t)(count_all() - census->others);
    bool is_urgent = more < INT16_MAX && more > census->limit;
    if (!is_urgent && ++census->looks % CSB_LOOKS_A_SECOND) return false;
    uint64_t threads = take_census(census);
    if (!is_urgent || threads > census->limit || threads <= census->limit / 2) return threads > census->limit;
    signal_all(supervisor, SIGSTOP);
    if (take_census(census) > census->limit) return true;
    signal_all(supervisor, SIGCONT);
    return false;
}
