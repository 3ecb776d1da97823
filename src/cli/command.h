/* command.h: the commands of `offhook`: a row each in main.c. A command gets its own
 * name as argv[0] and returns the exit status. */
#ifndef OFFHOOK_CLI_COMMAND_H
#define OFFHOOK_CLI_COMMAND_H

enum { COMMAND_DONE, COMMAND_REFUSED, COMMAND_USAGE };

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments; /* as in the usage line */
    const char *help;      /* one line */
};

int command_demo(int argc, char **argv);
int command_jwt(int argc, char **argv);
int command_call(int argc, char **argv);
int command_conversation(int argc, char **argv);
int command_app(int argc, char **argv);
int command_number(int argc, char **argv);
int command_registrations(int argc, char **argv);
int command_tail(int argc, char **argv);
int command_trunk(int argc, char **argv);
int command_webhook(int argc, char **argv);

/* Runs the row named argv[0]. Without one, or with --help, it tells of all rows;
 * `noun` is what comes before them ("offhook call"). */
int command_dispatch(const struct command *rows, const char *noun, const char *about, int argc,
                     char **argv);

/* "offhook: what went wrong" on stderr; returns status. */
int command_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes `--name value` or `--name=value` out of the arguments, wherever it stands. The
 * last one counts. NULL: it is not there. *argc becomes -1 when the value is missing. */
const char *command_option(int *argc, char **argv, const char *name);
/* Takes `--name` out. */
int command_flag(int *argc, char **argv, const char *name);

#endif
