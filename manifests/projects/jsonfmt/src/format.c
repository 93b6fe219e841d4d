#include "format.h"

#include <ctype.h>
#include <string.h>

enum { MAX_DEPTH = 512 };

struct parser {
    const char *at;
    FILE *output;
    struct json_error *error;
    unsigned indent, depth;
};

static int value(struct parser *parser);

static int fail(struct parser *parser, const char *reason) {
    parser->error->reason = reason;
    return -1;
}

static void blanks(struct parser *parser) {
    for (; *parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r' || *parser->at == '\n'; parser->at++)
        if (*parser->at == '\n') parser->error->line++;
}

static void new_line(const struct parser *parser) {
    if (parser->indent == 0) return;
    fprintf(parser->output, "\n%*s", (int)(parser->indent * parser->depth), "");
}

static int string(struct parser *parser) {
    const char *start = parser->at++;
    for (; *parser->at != '"'; parser->at++) {
        if ((unsigned char)*parser->at < 0x20) return fail(parser, "a string is not closed");
        if (*parser->at != '\\') continue;
        parser->at++;
        if (*parser->at == 'u') {
            for (int digit = 0; digit < 4; digit++)
                if (!isxdigit((unsigned char)*++parser->at)) return fail(parser, "\\u needs four digits");
        } else if (*parser->at == '\0' || !strchr("\"\\/bfnrt", *parser->at)) {
            return fail(parser, "an unknown escape");
        }
    }
    parser->at++;
    fwrite(start, 1, (size_t)(parser->at - start), parser->output);
    return 0;
}

static size_t digits(const char *text) { return strspn(text, "0123456789"); }

static int number(struct parser *parser) {
    const char *start = parser->at;
    if (*parser->at == '-') parser->at++;
    size_t whole = digits(parser->at);
    if (whole == 0 || (whole > 1 && *parser->at == '0')) return fail(parser, "a value is expected");
    parser->at += whole;
    if (*parser->at == '.') {
        size_t fraction = digits(++parser->at);
        if (fraction == 0) return fail(parser, "digits are missing");
        parser->at += fraction;
    }
    if (*parser->at == 'e' || *parser->at == 'E') {
        parser->at++;
        if (*parser->at == '+' || *parser->at == '-') parser->at++;
        size_t exponent = digits(parser->at);
        if (exponent == 0) return fail(parser, "digits are missing");
        parser->at += exponent;
    }
    fwrite(start, 1, (size_t)(parser->at - start), parser->output);
    return 0;
}

static int member(struct parser *parser) {
    if (*parser->at != '"') return fail(parser, "a key is expected");
    if (string(parser)) return -1;
    blanks(parser);
    if (*parser->at++ != ':') return fail(parser, "a colon is expected");
    fputs(parser->indent ? ": " : ":", parser->output);
    return value(parser);
}

static int list(struct parser *parser, char close, int (*element)(struct parser *)) {
    if (++parser->depth > MAX_DEPTH) return fail(parser, "nested too deeply");
    fputc(*parser->at++, parser->output);
    blanks(parser);
    if (*parser->at != close) {
        for (;;) {
            new_line(parser);
            blanks(parser);
            if (element(parser)) return -1;
            blanks(parser);
            if (*parser->at != ',') break;
            fputc(*parser->at++, parser->output);
        }
        parser->depth--;
        new_line(parser);
        parser->depth++;
    }
    parser->depth--;
    if (*parser->at != close) return fail(parser, "a list or object is not closed");
    fputc(*parser->at++, parser->output);
    return 0;
}

static int word(struct parser *parser, const char *text) {
    if (strncmp(parser->at, text, strlen(text)) != 0) return fail(parser, "a value is expected");
    parser->at += strlen(text);
    fputs(text, parser->output);
    return 0;
}

static int value(struct parser *parser) {
    blanks(parser);
    switch (*parser->at) {
    case '{': return list(parser, '}', member);
    case '[': return list(parser, ']', value);
    case '"': return string(parser);
    case 't': return word(parser, "true");
    case 'f': return word(parser, "false");
    case 'n': return word(parser, "null");
    default: return number(parser);
    }
}

int json_format(const char *text, unsigned indent, FILE *output, struct json_error *error) {
    struct parser parser = { .at = text, .output = output, .error = error, .indent = indent };
    *error = (struct json_error){ .line = 1 };
    if (value(&parser)) return -1;
    blanks(&parser);
    if (*parser.at != '\0') return fail(&parser, "something follows the value");
    fputc('\n', output);
    return 0;
}
