/* demo_print.c: the timeline of the demo: seconds, a mark, who, what. */
#include "cli/demo.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char plain[] = "\033[0m", faint[] = "\033[2m", bold[] = "\033[1m",
                  green[] = "\033[32m", red[] = "\033[31m", cyan[] = "\033[36m";

struct fault {
    struct list node;
    char text[256];
};

static const char *ink(const struct demo *demo, const char *code)
{
    return demo->tty ? code : "";
}

void demo_title(struct demo *demo, const char *text)
{
    if (demo_broken(demo))
        return;
    printf("\n %s%s%s\n", ink(demo, bold), text, ink(demo, plain));
    fflush(stdout);
}

static void line(struct demo *demo, enum demo_mark mark, const char *who, const char *text)
{
    static const char *const marks[] = {" ", "✓", "✗"};
    const char *colour = mark == DEMO_RIGHT ? green : mark == DEMO_WRONG ? red : plain;
    double seconds = (double)(clock_mono_ms() - demo->began) / 1000;

    if (demo_broken(demo) || demo->told)
        return;
    printf(" %s%7.3f%s %s%s%s %s%-8s%s %s\n", ink(demo, faint), seconds, ink(demo, plain),
           ink(demo, colour), marks[mark], ink(demo, plain), ink(demo, cyan), who, ink(demo, plain),
           text);
    fflush(stdout);
}

void demo_say(struct demo *demo, enum demo_mark mark, const char *who, const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    line(demo, mark, who, text);
}

bool demo_check(struct demo *demo, bool ok, const char *who, const char *format, ...)
{
    struct fault *fault;
    char text[200];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    line(demo, ok ? DEMO_RIGHT : DEMO_WRONG, who, text);
    demo->checks++;
    if (ok)
        return true;
    demo->fault_count++;
    fault = mem_alloc(sizeof *fault, NULL);
    if (fault) {
        snprintf(fault->text, sizeof fault->text, "%s %s", who, text);
        list_append(&demo->faults, &fault->node);
    }
    return false;
}

const char *demo_short(const char *id)
{
    enum { SHOWN = 6 };
    size_t size = strlen(id);

    return size > SHOWN ? id + size - SHOWN : id;
}

void demo_hook_print(struct demo *demo, const struct demo_hook *hook)
{
    char text[256];
    int size;

    if (hook->answer) {
        snprintf(text, sizeof text, "%sanswer?%s    %s, and is told: %s", ink(demo, bold),
                 ink(demo, plain), hook->method,
                 strcmp(demo_field(hook, "to"), DEMO_LOBBY) == 0 ? "stream, conversation"
                                                                 : "connect " DEMO_CALLEE);
    } else if (*demo_field(hook, "status")) {
        size = snprintf(text, sizeof text, "%s%-9s%s  %-8s  %s → %s  %s…%s%s", ink(demo, bold),
                        demo_field(hook, "status"), ink(demo, plain), demo_field(hook, "direction"),
                        demo_field(hook, "from"), demo_field(hook, "to"), ink(demo, faint),
                        demo_short(demo_field(hook, "uuid")), ink(demo, plain));
        if (*demo_field(hook, "duration") && size > 0 && (size_t)size < sizeof text)
            snprintf(text + size, sizeof text - (size_t)size, "  %s s",
                     demo_field(hook, "duration"));
    } else {
        const char *type = demo_field(hook, "type"), *reason = demo_field(hook, "reason");

        snprintf(text, sizeof text, "%s%-9s%s  %.120s  %s…%s%s", ink(demo, bold),
                 *type ? type : "error", ink(demo, plain), reason, ink(demo, faint),
                 demo_short(demo_field(hook, "uuid")), ink(demo, plain));
    }
    line(demo, DEMO_PLAIN, "webhook", text);
}

int demo_summary(struct demo *demo)
{
    double seconds = (double)(clock_mono_ms() - demo->began) / 1000;

    demo->told = demo->once || demo->fault_count > 0;
    if (demo->fault_count == 0 && demo->checks > 0) {
        printf("\n %s✓%s %u webhooks came and %u checks held: %severything was as expected%s "
               "(%.1f s)\n",
               ink(demo, green), ink(demo, plain), demo->hook_count, demo->checks, ink(demo, bold),
               ink(demo, plain), seconds);
        fflush(stdout);
        return 0;
    }
    printf("\n %s✗%s %u of %u checks failed:\n", ink(demo, red), ink(demo, plain),
           demo->fault_count, demo->checks);
    list_each (node, &demo->faults)
        printf("   - %s\n", list_entry(node, struct fault, node)->text);
    fflush(stdout);
    return 1;
}

void demo_print_close(struct demo *demo)
{
    list_each (node, &demo->faults) {
        list_remove(node);
        mem_unref(list_entry(node, struct fault, node));
    }
}
