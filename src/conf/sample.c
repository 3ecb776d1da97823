/* sample.c: the sample file, made from the table of keys. */
#include "conf/row.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 100 };

/* Closes groups, then opens others, on the way from one path to the next. */
static void regroup(FILE *out, const char *from, const char *to, const char *margin, int depth)
{
    size_t same = 0;
    const char *dot;

    for (size_t i = 0; from[i] && from[i] == to[i]; i++) {
        if (from[i] == '.')
            same = i + 1;
    }
    for (dot = from + same; (dot = strchr(dot, '.')); dot++)
        depth++;
    for (size_t i = 0; i < same; i++)
        depth += to[i] == '.';
    for (dot = from + same; (dot = strchr(dot, '.')); dot++) {
        depth--;
        fprintf(out, "%s%*s};\n", margin, 2 * depth, "");
    }
    if (depth == 0 && *margin == '\0' && *from && strchr(to + same, '.'))
        fputc('\n', out);
    for (const char *name = to + same; (dot = strchr(name, '.')); name = dot + 1) {
        fprintf(out, "%s%*s%.*s: {\n", margin, 2 * depth, "", (int)(dot - name), name);
        depth++;
    }
}

/* A comment of one or more lines. */
static void write_help(FILE *out, const char *help, const char *margin, int indent)
{
    int most = WIDTH - indent - 2 - (int)strlen(margin);

    while (*help) {
        int length = (int)strlen(help);

        if (length > most) {
            length = most;
            while (help[length] != ' ')
                length--;
        }
        fprintf(out, "%s%*s# %.*s\n", margin, indent, "", length, help);
        help += length;
        help += *help == ' ';
    }
}

static int depth_of(const char *path)
{
    int depth = 0;

    for (; *path; path++)
        depth += *path == '.';
    return depth;
}

static void write_rows(FILE *out, const struct row *rows, const char *margin, int base)
{
    const char *last = "";

    for (; rows->path; rows++) {
        const char *dot = strrchr(rows->path, '.');
        int indent = 2 * (base + depth_of(rows->path));

        regroup(out, last, rows->path, margin, base);
        write_help(out, rows->help, margin, indent);
        fprintf(out, "%s%*s%s%s = %s;\n", margin, indent, "",
                rows->flags & ROW_BUILT || strcmp(rows->path, "proxies") == 0 ? "# " : "",
                dot ? dot + 1 : rows->path, rows->example ? rows->example : rows->standard);
        last = rows->path;
    }
    regroup(out, last, "", margin, base);
}

void conf_write_sample(void *stdio_file)
{
    FILE *out = stdio_file;

    fputs("# offhook.conf: every key with its default. A key that is left out has that default;\n"
          "# `offhookd -t -c FILE` tells what is wrong with a file. `@include \"FILE\"` reads\n"
          "# another one, looked up beside this one: keep secrets in a file of mode 0600.\n\n",
          out);
    write_rows(out, conf_rows, "", 0);
    fputs(
        "\n# Who is called, and who is told. Applications may also be made over /v2/applications.\n"
        "# applications = (\n#   {\n",
        out);
    write_rows(out, application_rows, "# ", 2);
    fputs("#   }\n# );\n\n# Whom we call through, and who may call us.\n# trunks = (\n#   {\n",
          out);
    write_rows(out, trunk_rows, "# ", 2);
    fputs("#   }\n# );\n\n# What a minute costs; without a table nothing does.\n# tariff = (\n#   "
          "{\n",
          out);
    write_rows(out, tariff_rows, "# ", 2);
    fputs("#   }\n# );\n", out);
}
