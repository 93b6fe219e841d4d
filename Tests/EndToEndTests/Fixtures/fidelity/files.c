// What busybox cannot do with files. Linked statically, it runs as a step.
//
//   files attribute FILE NAME HEX   sets an extended attribute
//   files deep FOLDER COUNT         makes COUNT folders inside each other and a file in the last
//   files dive FOLDER COUNT         shows that file
//   files many FOLDER COUNT         makes COUNT empty files
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char level[201];

static int set_attribute(char *const *words) {
    unsigned char value[4096];
    size_t size = strlen(words[2]) / 2;
    for (size_t place = 0; place < size; place++) {
        char digits[3] = {words[2][2 * place], words[2][2 * place + 1], 0};
        value[place] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return lsetxattr(words[0], words[1], value, size, 0);
}

static int go_down(const char *folder, int count, int makes) {
    if (chdir(folder)) return -1;
    while (count-- > 0) {
        if (makes && mkdir(level, 0755)) return -1;
        if (chdir(level)) return -1;
    }
    return 0;
}

static int deep(char *const *words) {
    if (go_down(words[0], atoi(words[1]), 1)) return -1;
    int file = open("end", O_WRONLY | O_CREAT, 0644);
    return file < 0 || write(file, "deep\n", 5) != 5 || link("end", "link") ? -1 : 0;
}

static int dive(char *const *words) {
    char text[16];
    if (go_down(words[0], atoi(words[1]), 0)) return -1;
    int file = open("link", O_RDONLY);
    if (file < 0) return -1;
    ssize_t size = read(file, text, sizeof text);
    return size < 0 || write(STDOUT_FILENO, text, (size_t)size) != size ? -1 : 0;
}

static int many(char *const *words) {
    char name[32];
    if (chdir(words[0])) return -1;
    for (int number = 0; number < atoi(words[1]); number++) {
        snprintf(name, sizeof name, "f%d", number);
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (file < 0 || close(file)) return -1;
    }
    return 0;
}

int main(int count, char **words) {
    static const struct {
        const char *name;
        int words;
        int (*run)(char *const *);
    } commands[] = {{"attribute", 3, set_attribute}, {"deep", 2, deep}, {"dive", 2, dive}, {"many", 2, many}};
    memset(level, 'd', sizeof level - 1);
    for (size_t index = 0; index < sizeof commands / sizeof *commands; index++) {
        if (count != commands[index].words + 2 || strcmp(words[1], commands[index].name)) continue;
        if (commands[index].run(words + 2)) err(1, "%s", words[1]);
        return 0;
    }
    errx(2, "unknown command");
}
