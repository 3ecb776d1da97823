/* describe.c: the actions of an NCCO and their options for people, from the rows that the
 * check uses. */
#include "ncco/private.h"

#include <string.h>

enum { PATH = 120 };

static const char *type_name(const struct option *option)
{
    static const char *const names[] = {
        [OPTION_TEXT] = "string",     [OPTION_BOOL] = "boolean",  [OPTION_NUMBER] = "number",
        [OPTION_INTEGER] = "integer", [OPTION_ENUM] = "string",   [OPTION_KEYS] = "string of keys",
        [OPTION_URL] = "[URL]",       [OPTION_SOUND] = "[URL]",   [OPTION_WORDS] = "[string]",
        [OPTION_IDS] = "[string]",    [OPTION_OBJECT] = "object", [OPTION_ENDPOINT] = "[object]",
    };

    return names[option->type];
}

/* What may be in it: "1 - 20", "GET, POST", "1 - 100 characters". */
static void range_of(const struct option *option, char *out, size_t size)
{
    *out = '\0';
    switch (option->type) {
    case OPTION_NUMBER:
    case OPTION_INTEGER:
        snprintf(out, size, "%.10g to %.10g%s", option->low, option->high,
                 option->clamped ? ", else the nearer end" : "");
        break;
    case OPTION_TEXT:
        snprintf(out, size, "%g to %g characters", option->low, option->high);
        break;
    case OPTION_KEYS:
        snprintf(out, size, "%g to %g of %s", option->low, option->high, option->values);
        break;
    case OPTION_IDS:
        snprintf(out, size, "%g to %g", option->low, option->high);
        break;
    case OPTION_ENUM:
    case OPTION_WORDS:
        option_words(option->values, out, size);
        break;
    case OPTION_OBJECT:
        snprintf(out, size, "%s", option->low > 0 ? "not empty" : "");
        break;
    default:
        break;
    }
}

static void tell_option(FILE *out, const struct option *option, const char *path)
{
    const char *otherwise = option->otherwise ? option->otherwise : "";
    char range[160];

    range_of(option, range, sizeof range);
    fprintf(out, "| `%s` | %s | %s | %s | %s", path, type_name(option),
            option->required ? "required" : otherwise, range, option->help);
    if (option->without)
        fprintf(out, "; not with `%s`", option->without);
    if (option->with)
        fprintf(out, "; needs `%s`", option->with);
    fputs(" |\n", out);
}

static void tell_options(FILE *out, const struct option *options, const char *before)
{
    char path[PATH];

    for (; options->name; options++) {
        snprintf(path, sizeof path, "%s%s", before, options->name);
        tell_option(out, options, path);
        if (options->inside) {
            strncat(path, ".", sizeof path - strlen(path) - 1);
            tell_options(out, options->inside, path);
        }
    }
}

static void tell_head(FILE *out, const char *name, const char *help)
{
    fprintf(out, "\n## %s\n\n%s\n\n| option | type | default | range | |\n|---|---|---|---|---|\n",
            name, help);
}

void ncco_describe(FILE *out)
{
    fputs(
        "# Actions of an NCCO\n\n"
        "What the daemon takes, as `offhookd -N` prints it from the table that it checks with.\n"
        "Options it does not know are ignored; a number may come as a text, a single URL without\n"
        "its array, and null is the same as absent.\n",
        out);
    for (const struct action *const *action = ncco_actions; *action; action++) {
        tell_head(out, (*action)->name, (*action)->help);
        tell_options(out, (*action)->options, "");
    }
    for (const struct endpoint_kind *kind = endpoint_kinds; kind->name; kind++) {
        char name[40];

        snprintf(name, sizeof name, "Endpoint %s", kind->name);
        tell_head(out, name, kind->help);
        tell_options(out, kind->options, "");
    }
}
