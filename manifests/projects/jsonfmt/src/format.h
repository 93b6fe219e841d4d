#ifndef FORMAT_H
#define FORMAT_H

#include <stdio.h>

/// Where and why a text is not JSON.
struct json_error {
    const char *reason;
    unsigned line;
};

/// Writes the JSON text `text`, which ends with a NUL, to `output`, indented by `indent` blanks a level; with 0 in one line.
/// Returns 0, or -1 with `error` filled.
int json_format(const char *text, unsigned indent, FILE *output, struct json_error *error);

#endif
