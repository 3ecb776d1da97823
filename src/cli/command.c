/* command.c: finding a command by its name, and its options. */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int command_fail(int status, const char *format, ...)
{
    va_list ap;

    fflush(stdout);
    fputs("offhook: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return status;
}

static void take_out(int *argc, char **argv, int at, int count)
{
    memmove(argv + at, argv + at + count, (size_t)(*argc - at - count + 1) * sizeof *argv);
    *argc -= count;
}

const char *command_option(int *argc, char **argv, const char *name)
{
    const char *value = NULL;
    size_t length = strlen(name);

    for (int i = 1; i < *argc;) {
        if (strncmp(argv[i], name, length) != 0 || (argv[i][length] && argv[i][length] != '=')) {
            i++;
        } else if (argv[i][length] == '=') {
            value = argv[i] + length + 1;
            take_out(argc, argv, i, 1);
        } else if (i + 1 < *argc) {
            value = argv[i + 1];
            take_out(argc, argv, i, 2);
        } else {
            command_fail(0, "%s needs a value", name);
            *argc = -1;
        }
    }
    return value;
}

int command_flag(int *argc, char **argv, const char *name)
{
    int found = 0;

    for (int i = 1; i < *argc;) {
        if (strcmp(argv[i], name) == 0) {
            found = 1;
            take_out(argc, argv, i, 1);
        } else {
            i++;
        }
    }
    return found;
}

static void tell(FILE *out, const struct command *row, const char *noun)
{
    char left[160];

    snprintf(left, sizeof left, "%s %s%s%s", noun, row->name, *row->arguments ? " " : "",
             row->arguments);
    if (strlen(left) > 34)
        fprintf(out, "  %s\n  %-36s%s\n", left, "", row->help);
    else
        fprintf(out, "  %-36s%s\n", left, row->help);
}

int command_dispatch(const struct command *rows, const char *noun, const char *about, int argc,
                     char **argv)
{
    int asked = argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 ||
                             strcmp(argv[0], "help") == 0);
    FILE *out = asked ? stdout : stderr;

    for (const struct command *row = rows; argc > 0 && row->name; row++) {
        if (strcmp(row->name, argv[0]) != 0)
            continue;
        if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) &&
            *row->arguments) {
            printf("usage: %s %s %s\n%s\n", noun, row->name, row->arguments, row->help);
            return COMMAND_DONE;
        }
        return row->run(argc, argv);
    }
    if (argc > 0 && !asked)
        command_fail(0, "no command `%s`", argv[0]);
    fprintf(out, "usage:\n");
    for (const struct command *row = rows; row->name; row++)
        tell(out, row, noun);
    if (about)
        fprintf(out, "\n%s", about);
    return asked ? COMMAND_DONE : COMMAND_USAGE;
}
