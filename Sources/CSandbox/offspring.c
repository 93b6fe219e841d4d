// Ending all that descends from a process where no pid namespace does it. The caller is a subreaper: whoever forks twice
// or calls setsid becomes its child once the parents are gone.
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "internal.h"

enum { MOST_PROCESSES = 32768 };
struct process {
    pid_t pid, parent;
    bool descends;
};

// The pid of the name of a folder of /proc, 0 for every other name.
static pid_t pid_of(const char *name) {
    pid_t pid = 0;
    for (; *name >= '0' && *name <= '9'; name++) pid = pid * 10 + (*name - '0');
    return *name ? 0 : pid;
}

// Field 4 of /proc/PID/stat; the name in field 2 may hold anything and ends at the last parenthesis. 0: it is gone.
static pid_t parent_of(int proc, const char *name) {
    char path[32], text[512];
    csb_format(path, sizeof path, "%s/stat", name);
    CSB_CLOSE int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : csb_read(file, text, sizeof text - 1);
    if (length <= 0) return 0;
    text[length] = 0;
    const char *end = strrchr(text, ')');
    if (!end || strlen(end) < 5) return 0;
    pid_t parent = 0;
    for (const char *digit = end + 4; *digit >= '0' && *digit <= '9'; digit++) parent = parent * 10 + (*digit - '0');
    return parent;
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
            pid_t pid = pid_of(entry->d_name);
            pid_t parent = pid ? parent_of(proc, entry->d_name) : 0;
            if (parent) processes[count++] = (struct process){.pid = pid, .parent = parent};
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

int csb_signal_offspring(int number, const pid_t *spared, int spared_count) {
    static struct process processes[MOST_PROCESSES];
    int count = list(processes);
    if (count < 0) return count;
    int found = mark(processes, count, spared, spared_count);
    for (int index = 0; index < count; index++)
        if (processes[index].descends) kill(processes[index].pid, number);
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
