// A step's request as bytes in a memfd: numbers, groups, then strings that end in NUL. No limit but memory's.
#include <stdlib.h>
#include <sys/mman.h>

#include "internal.h"

struct wire {
    uint32_t size;
    uint32_t uid;
    uint32_t gid;
    int32_t network;
    uint32_t group_count;
    uint32_t lower_count;
    uint32_t argument_count;
    uint32_t environment_count;
};

static size_t list_count(const char *const *list) {
    size_t count = 0;
    while (list[count]) count++;
    return count;
}

static int write_string(int fd, const char *text) { return csb_write_all(fd, text, strlen(text) + 1); }

static int write_list(int fd, const char *const *list) {
    int result = 0;
    for (; *list && result == 0; list++) result = write_string(fd, *list);
    return result;
}

static int write_request(int fd, const struct csb_step_request *request) {
    struct wire wire = {.size = sizeof wire,
                        .uid = request->uid,
                        .gid = request->gid,
                        .network = request->network,
                        .group_count = (uint32_t)request->group_count,
                        .lower_count = (uint32_t)list_count(request->lowers),
                        .argument_count = (uint32_t)list_count(request->arguments),
                        .environment_count = (uint32_t)list_count(request->environment)};
    int result = csb_write_all(fd, &wire, sizeof wire);
    if (result == 0) result = csb_write_all(fd, request->groups, request->group_count * sizeof *request->groups);
    if (result == 0) result = write_list(fd, request->lowers);
    if (result == 0) result = write_list(fd, request->arguments);
    if (result == 0) result = write_list(fd, request->environment);
    if (result == 0) result = write_string(fd, request->upper);
    if (result == 0) result = write_string(fd, request->work);
    if (result == 0) result = write_string(fd, request->working_directory);
    if (result == 0) result = write_string(fd, request->host_name);
    return result;
}

int csb_encode_request(const struct csb_step_request *request) {
    int fd = memfd_create("step", MFD_CLOEXEC);
    if (fd < 0) return -errno;
    int result = write_request(fd, request);
    if (result == 0) return fd;
    close(fd);
    return result;
}

struct cursor {
    const char *position, *end;
    const char **next_pointer;
    bool broken;
};

static const char *take_string(struct cursor *cursor) {
    size_t room = (size_t)(cursor->end - cursor->position);
    const char *text = cursor->position;
    if (strnlen(text, room) == room) {
        cursor->broken = true;
        return "";
    }
    cursor->position += strlen(text) + 1;
    return text;
}

static const char *const *take_list(struct cursor *cursor, uint32_t count) {
    const char **list = cursor->next_pointer;
    for (uint32_t index = 0; index < count; index++) list[index] = take_string(cursor);
    list[count] = NULL;
    cursor->next_pointer += count + 1;
    return list;
}

static int decode(struct csb_parsed_request *parsed, size_t length) {
    struct wire wire;
    memcpy(&wire, parsed->memory, sizeof wire);
    uint64_t strings = (uint64_t)wire.lower_count + wire.argument_count + wire.environment_count;
    uint64_t start = sizeof wire + (uint64_t)wire.group_count * sizeof(uint32_t);
    if (wire.size != sizeof wire || start + strings > length) return -EBADMSG;
    size_t pointers = (length + 7) & ~(size_t)7;
    struct cursor cursor = {.position = (const char *)parsed->memory + start,
                            .end = (const char *)parsed->memory + length,
                            .next_pointer = (const char **)(void *)((char *)parsed->memory + pointers)};
    struct csb_step_request *step = &parsed->step;
    step->uid = wire.uid;
    step->gid = wire.gid;
    step->network = wire.network;
    step->groups = (const uint32_t *)(const void *)((const char *)parsed->memory + sizeof wire);
    step->group_count = wire.group_count;
    step->lowers = take_list(&cursor, wire.lower_count);
    step->arguments = take_list(&cursor, wire.argument_count);
    step->environment = take_list(&cursor, wire.environment_count);
    step->upper = take_string(&cursor);
    step->work = take_string(&cursor);
    step->working_directory = take_string(&cursor);
    step->host_name = take_string(&cursor);
    return cursor.broken || wire.argument_count == 0 ? -EBADMSG : 0;
}

// Each string takes at least a byte, so as many pointers as bytes (and the ends of three lists) always suffice.
int csb_decode_request(int fd, struct csb_parsed_request *parsed) {
    struct stat status;
    if (fstat(fd, &status) < 0) return -errno;
    size_t length = (size_t)status.st_size;
    if (length < sizeof(struct wire)) return -EBADMSG;
    parsed->size = (length + 8) + (length + 3) * sizeof(char *);
    parsed->memory = mmap(NULL, parsed->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (parsed->memory == MAP_FAILED) return -errno;
    int result = -EBADMSG;
    if (lseek(fd, 0, SEEK_SET) == 0 && csb_read(fd, parsed->memory, length) == (ssize_t)length)
        result = decode(parsed, length);
    if (result < 0) csb_free_request(parsed);
    return result;
}

void csb_free_request(struct csb_parsed_request *parsed) {
    if (parsed->memory) munmap(parsed->memory, parsed->size);
    parsed->memory = NULL;
}
