// The first bytes of the job's memfd: what the constructor needs before Swift runs. The job follows at `job_offset`.
#pragma once

#include "internal.h"

#include <linux/limits.h>

#define CSB_JOB_MAGIC 0x31626f6a2d6c6c61ull
struct csb_job_header {
    uint64_t magic;
    int32_t rung;
    uint32_t job_offset;
    uint64_t job_length;
    uint64_t data_limit;
    uint64_t process_limit;
    uint32_t processor_limit;
    uint32_t reserved;
    char state_folder[PATH_MAX];
    char oom_file[PATH_MAX];
};
#define CSB_JOB_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
