# src/store
store_tests = tests/unit/store_rows tests/unit/store_faults tests/unit/store_pages \
	tests/unit/store_filters tests/unit/store_log tests/unit/store_prune \
	tests/unit/store_migrate tests/unit/store_plans tests/unit/store_nomem tests/unit/store_dead
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
tests_unit_store_rows_SOURCES = tests/unit/store_rows.c tests/unit/store_kit.h
tests_unit_store_rows_LDADD = $(UNIT_LIBS)
tests_unit_store_faults_SOURCES = tests/unit/store_faults.c tests/unit/store_kit.h
tests_unit_store_faults_LDADD = $(UNIT_LIBS)
tests_unit_store_pages_SOURCES = tests/unit/store_pages.c tests/unit/store_kit.h
tests_unit_store_pages_LDADD = $(UNIT_LIBS)
tests_unit_store_filters_SOURCES = tests/unit/store_filters.c tests/unit/store_kit.h
tests_unit_store_filters_LDADD = $(UNIT_LIBS)
tests_unit_store_log_SOURCES = tests/unit/store_log.c tests/unit/store_kit.h
tests_unit_store_log_LDADD = $(UNIT_LIBS)
tests_unit_store_prune_SOURCES = tests/unit/store_prune.c tests/unit/store_kit.h
tests_unit_store_prune_LDADD = $(UNIT_LIBS)
tests_unit_store_migrate_SOURCES = tests/unit/store_migrate.c tests/unit/store_kit.h
tests_unit_store_migrate_LDADD = $(UNIT_LIBS)
tests_unit_store_dead_SOURCES = tests/unit/store_dead.c tests/unit/store_kit.h
tests_unit_store_dead_LDADD = $(UNIT_LIBS)
tests_unit_store_plans_SOURCES = tests/unit/store_plans.c tests/unit/store_kit.h
tests_unit_store_plans_LDADD = $(UNIT_LIBS)
tests_unit_store_nomem_SOURCES = tests/unit/store_nomem.c tests/unit/store_kit.h
tests_unit_store_nomem_LDADD = $(UNIT_LIBS)
tests_unit_store_nomem_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# src/webhook
webhook_tests = tests/unit/webhook_deliver tests/unit/webhook_ask tests/unit/webhook_question \
	tests/unit/webhook_dead
check_PROGRAMS += $(webhook_tests)
TESTS += $(webhook_tests)
tests_unit_webhook_deliver_SOURCES = tests/unit/webhook_deliver.c tests/unit/webhook_kit.h
tests_unit_webhook_deliver_LDADD = $(UNIT_LIBS)
tests_unit_webhook_ask_SOURCES = tests/unit/webhook_ask.c tests/unit/webhook_ask_kit.h tests/unit/webhook_kit.h
tests_unit_webhook_ask_LDADD = $(UNIT_LIBS)
tests_unit_webhook_question_SOURCES = tests/unit/webhook_question.c tests/unit/webhook_ask_kit.h tests/unit/webhook_kit.h
tests_unit_webhook_question_LDADD = $(UNIT_LIBS)
tests_unit_webhook_dead_SOURCES = tests/unit/webhook_dead.c tests/unit/webhook_kit.h
tests_unit_webhook_dead_LDADD = $(UNIT_LIBS)
