/* base_objects.c: reference counts and the intrusive list. */
#include "base/list.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static int destroyed;

static void destroy(void *obj)
{
    assert_string_equal(obj, "still here");
    destroyed++;
}

static void last_reference_destroys_once(void **state)
{
    char *obj = mem_alloc(16, destroy);
    size_t before = mem_alive();

    (void)state;
    destroyed = 0;
    assert_non_null(obj);
    strcpy(obj, "still here");
    assert_ptr_equal(mem_ref(obj), obj);
    assert_int_equal(mem_count(obj), 2);
    assert_null(mem_unref(obj));
    assert_int_equal(destroyed, 0);
    assert_null(mem_unref(obj));
    assert_int_equal(destroyed, 1);
    assert_int_equal(mem_alive(), before - 1);
}

static void null_is_an_object_too(void **state)
{
    (void)state;
    assert_null(mem_ref(NULL));
    assert_null(mem_unref(NULL));
    assert_null(mem_strdup(NULL));
    assert_int_equal(mem_count(NULL), 0);
}

static void a_new_object_is_zeroed_and_aligned(void **state)
{
    (void)state;
    for (size_t size = 1; size < 200; size += 7) {
        unsigned char *obj = mem_alloc(size, NULL);

        assert_int_equal((uintptr_t)obj % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(obj[i], 0);
        mem_unref(obj);
    }
}

static void texts_are_counted(void **state)
{
    size_t before = mem_alive();
    char *copy = mem_strdup("leg"), *made = mem_printf("%s-%d", copy, 7);

    (void)state;
    assert_string_equal(copy, "leg");
    assert_string_equal(made, "leg-7");
    assert_int_equal(mem_alive(), before + 2);
    mem_unref(copy);
    mem_unref(made);
    assert_int_equal(mem_alive(), before);
}

struct item {
    int value;
    struct list node;
};

static int sum_of(struct list *head)
{
    int sum = 0;

    list_each (n, head)
        sum = sum * 10 + list_entry(n, struct item, node)->value;
    return sum;
}

static void list_keeps_order(void **state)
{
    struct list head;
    struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};

    (void)state;
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    for (int i = 0; i < 4; i++)
        list_append(&head, &items[i].node);
    assert_int_equal(sum_of(&head), 1234);
    assert_ptr_equal(list_first(&head), &items[0].node);
    list_remove(&items[1].node);
    list_remove(&items[1].node);
    assert_int_equal(sum_of(&head), 134);
    list_append(&head, &items[1].node);
    assert_int_equal(sum_of(&head), 1342);
}

static void list_may_lose_the_current_node_in_a_walk(void **state)
{
    struct list head;
    struct item items[5] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}, {.value = 5}};
    int walked = 0;

    (void)state;
    list_init(&head);
    for (int i = 0; i < 5; i++)
        list_append(&head, &items[i].node);
    list_each (n, &head) {
        walked++;
        if (list_entry(n, struct item, node)->value % 2)
            list_remove(n);
    }
    assert_int_equal(walked, 5);
    assert_int_equal(sum_of(&head), 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_reference_destroys_once),
        cmocka_unit_test(null_is_an_object_too),
        cmocka_unit_test(a_new_object_is_zeroed_and_aligned),
        cmocka_unit_test(texts_are_counted),
        cmocka_unit_test(list_keeps_order),
        cmocka_unit_test(list_may_lose_the_current_node_in_a_walk),
    };

    return cmocka_run_group_tests_name("base objects", tests, NULL, NULL);
}
