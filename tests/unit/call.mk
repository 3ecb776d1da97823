# unit tests of leg, conversation, ncco and the loader of sounds
call_programs = tests/unit/call_flow tests/unit/call_order tests/unit/call_people tests/unit/call_text \
	tests/unit/call_restart tests/unit/call_rows tests/unit/call_knock tests/unit/call_nomem \
	tests/unit/call_audio tests/unit/call_applications tests/unit/call_price
check_PROGRAMS += $(call_programs) tests/unit/leg_cause tests/unit/loader_cache tests/unit/ncco_check
TESTS += $(call_programs) tests/unit/leg_cause tests/unit/loader_cache tests/unit/ncco_check
call_paper = tests/unit/call_paper.c tests/unit/call_paper.h
tests_unit_call_flow_SOURCES = tests/unit/call_flow.c $(call_paper)
tests_unit_call_flow_LDADD = $(UNIT_LIBS)
tests_unit_call_order_SOURCES = tests/unit/call_order.c $(call_paper)
tests_unit_call_order_LDADD = $(UNIT_LIBS)
tests_unit_call_people_SOURCES = tests/unit/call_people.c $(call_paper)
tests_unit_call_people_LDADD = $(UNIT_LIBS)
tests_unit_call_text_SOURCES = tests/unit/call_text.c $(call_paper)
tests_unit_call_text_LDADD = $(UNIT_LIBS)
tests_unit_call_restart_SOURCES = tests/unit/call_restart.c $(call_paper)
tests_unit_call_restart_LDADD = $(UNIT_LIBS)
tests_unit_call_knock_SOURCES = tests/unit/call_knock.c $(call_paper)
tests_unit_call_knock_LDADD = $(UNIT_LIBS)
tests_unit_call_knock_LDFLAGS = -Wl,--wrap=clock_mono_ms
tests_unit_call_nomem_SOURCES = tests/unit/call_nomem.c $(call_paper)
tests_unit_call_nomem_LDADD = $(UNIT_LIBS)
tests_unit_call_nomem_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_call_rows_SOURCES = tests/unit/call_rows.c $(call_paper)
tests_unit_call_rows_LDADD = $(UNIT_LIBS)
tests_unit_call_rows_LDFLAGS = -Wl,--wrap=store_together,--wrap=store_together_end,--wrap=store_event_put \
	-Wl,--wrap=store_member_put,--wrap=store_leg_put,--wrap=store_conversation_put \
	-Wl,--wrap=store_conversation_drop,--wrap=store_user_put,--wrap=store_application_put \
	-Wl,--wrap=store_number_put
tests_unit_call_applications_SOURCES = tests/unit/call_applications.c $(call_paper)
tests_unit_call_applications_LDADD = $(UNIT_LIBS)
tests_unit_call_price_SOURCES = tests/unit/call_price.c $(call_paper)
tests_unit_call_price_LDADD = $(UNIT_LIBS)
tests_unit_call_audio_SOURCES = tests/unit/call_audio.c $(call_paper)
tests_unit_call_audio_LDADD = $(UNIT_LIBS)
tests_unit_leg_cause_SOURCES = tests/unit/leg_cause.c
tests_unit_leg_cause_LDADD = $(UNIT_LIBS)
tests_unit_ncco_check_SOURCES = tests/unit/ncco_check.c
tests_unit_ncco_check_LDADD = $(UNIT_LIBS)
tests_unit_loader_cache_SOURCES = tests/unit/loader_cache.c
tests_unit_loader_cache_LDADD = $(UNIT_LIBS)
