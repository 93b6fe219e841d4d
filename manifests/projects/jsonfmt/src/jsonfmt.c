#include "format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/// All of a stream, with a NUL at its end; NULL if it cannot be had.
static char *read_all(FILE *input) {
    size_t length = 0, size = 1 << 16;
    char *text = malloc(size);
    while (text) {
        length += fread(text + length, 1, size - length - 1, input);
        if (length + 1 < size) break;
        char *larger = realloc(text, size *= 2);
        if (!larger) free(text);
        text = larger;
    }
    if (text) text[length] = '\0';
    return text;
}

int main(int count, char **arguments) {
    unsigned indent = 2;
    if (count == 2 && strcmp(arguments[1], "--version") == 0) return puts(PACKAGE_STRING) < 0;
    if (count == 2 && strcmp(arguments[1], "--compact") == 0) {
        indent = 0;
    } else if (count != 1) {
        fputs("usage: jsonfmt [--compact | --version] < input > output\n", stderr);
        return 2;
    }
    char *text = read_all(stdin);
    if (!text) {
        fprintf(stderr, "jsonfmt: %s\n", strerror(errno));
        return 2;
    }
    struct json_error error;
    int result = json_format(text, indent, stdout, &error);
    free(text);
    if (result) fprintf(stderr, "jsonfmt: line %u: %s\n", error.line, error.reason);
    return result ? 1 : 0;
}
