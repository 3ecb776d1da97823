# unit tests of leg, conversation, ncco and the loader of sounds
call_scripts = tests/unit/call_prompt tests/unit/call_input tests/unit/call_steps
call_programs = $(call_scripts) tests/unit/call_meet tests/unit/call_connect tests/unit/call_outcome tests/unit/call_reach tests/unit/call_machine \
	tests/unit/call_flow tests/unit/call_order tests/unit/call_people tests/unit/call_text \
	tests/unit/call_restart tests/unit/call_rows tests/unit/call_knock tests/unit/call_nomem \
	tests/unit/call_audio tests/unit/call_applications tests/unit/call_recording tests/unit/call_keys tests/unit/call_sound tests/unit/call_price \
	tests/unit/call_quality
check_PROGRAMS += $(call_programs) tests/unit/leg_cause tests/unit/loader_cache tests/unit/ncco_check tests/unit/ncco_options tests/unit/ncco_fuzz
TESTS += $(call_programs) tests/unit/leg_cause tests/unit/loader_cache tests/unit/ncco_check tests/unit/ncco_options tests/unit/ncco_fuzz
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
tests_unit_call_recording_SOURCES = tests/unit/call_recording.c $(call_paper)
tests_unit_call_recording_LDADD = $(UNIT_LIBS)
tests_unit_call_price_SOURCES = tests/unit/call_price.c $(call_paper)
tests_unit_call_price_LDADD = $(UNIT_LIBS)
tests_unit_call_quality_SOURCES = tests/unit/call_quality.c $(call_paper)
tests_unit_call_quality_LDADD = $(UNIT_LIBS)
tests_unit_call_quality_LDFLAGS = -Wl,--wrap=clock_mono_ms
tests_unit_call_audio_SOURCES = tests/unit/call_audio.c $(call_paper)
tests_unit_call_audio_LDADD = $(UNIT_LIBS)
tests_unit_call_sound_SOURCES = tests/unit/call_sound.c $(call_paper)
tests_unit_call_sound_LDADD = $(UNIT_LIBS)
tests_unit_call_keys_SOURCES = tests/unit/call_keys.c $(call_paper)
tests_unit_call_keys_LDADD = $(UNIT_LIBS)
tests_unit_call_meet_SOURCES = tests/unit/call_meet.c $(call_paper)
tests_unit_call_meet_LDADD = $(UNIT_LIBS)
tests_unit_call_connect_SOURCES = tests/unit/call_connect.c tests/unit/call_dial.h $(call_paper)
tests_unit_call_outcome_SOURCES = tests/unit/call_outcome.c tests/unit/call_dial.h $(call_paper)
tests_unit_call_outcome_LDADD = $(UNIT_LIBS)
tests_unit_call_connect_LDADD = $(UNIT_LIBS)
tests_unit_call_reach_SOURCES = tests/unit/call_reach.c $(call_paper)
tests_unit_call_reach_LDADD = $(UNIT_LIBS)
tests_unit_call_machine_SOURCES = tests/unit/call_machine.c $(call_paper)
tests_unit_call_machine_LDADD = $(UNIT_LIBS)
tests_unit_leg_cause_SOURCES = tests/unit/leg_cause.c
tests_unit_leg_cause_LDADD = $(UNIT_LIBS)
tests_unit_ncco_check_SOURCES = tests/unit/ncco_check.c
tests_unit_ncco_check_LDADD = $(UNIT_LIBS)
tests_unit_loader_cache_SOURCES = tests/unit/loader_cache.c
tests_unit_loader_cache_LDADD = $(UNIT_LIBS)
tests_unit_ncco_options_SOURCES = tests/unit/ncco_options.c
tests_unit_ncco_options_LDADD = $(UNIT_LIBS)
tests_unit_ncco_fuzz_SOURCES = tests/unit/ncco_fuzz.c
tests_unit_ncco_fuzz_LDADD = $(UNIT_LIBS)
call_script = $(call_paper) tests/unit/call_script.c tests/unit/call_script.h
script_wraps = -Wl,--wrap=clock_mono_ms,--wrap=speech_say,--wrap=recogniser_has,--wrap=recogniser_ask
tests_unit_call_prompt_SOURCES = tests/unit/call_prompt.c $(call_script)
tests_unit_call_prompt_LDADD = $(UNIT_LIBS)
tests_unit_call_prompt_LDFLAGS = $(script_wraps)
tests_unit_call_input_SOURCES = tests/unit/call_input.c $(call_script)
tests_unit_call_input_LDADD = $(UNIT_LIBS)
tests_unit_call_input_LDFLAGS = $(script_wraps)
tests_unit_call_steps_SOURCES = tests/unit/call_steps.c $(call_script)
tests_unit_call_steps_LDADD = $(UNIT_LIBS)
tests_unit_call_steps_LDFLAGS = $(script_wraps)
check_PROGRAMS += tests/unit/call_rules tests/unit/call_bounds
TESTS += tests/unit/call_rules tests/unit/call_bounds
tests_unit_call_rules_SOURCES = tests/unit/call_rules.c $(call_script)
tests_unit_call_rules_LDADD = $(UNIT_LIBS)
tests_unit_call_rules_LDFLAGS = $(script_wraps)
tests_unit_call_bounds_SOURCES = tests/unit/call_bounds.c $(call_script)
tests_unit_call_bounds_LDADD = $(UNIT_LIBS)
tests_unit_call_bounds_LDFLAGS = $(script_wraps)
