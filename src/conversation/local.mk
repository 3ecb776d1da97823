# src/conversation: where people meet.
liboffhook_a_SOURCES += \
	%D%/application.c \
	%D%/audibility.c \
	%D%/audio.c %D%/audio.h %D%/audio_private.h \
	%D%/audio_act.c \
	%D%/audio_digits.c \
	%D%/audio_file.c \
	%D%/audio_music.c \
	%D%/audio_record.c \
	%D%/audio_recorded.c \
	%D%/audio_sound.c \
	%D%/audio_stop.c \
	%D%/begin.c \
	%D%/bridge.c \
	%D%/channel.c \
	%D%/conversation.c %D%/conversation.h %D%/private.h \
	%D%/event.c \
	%D%/facts.c \
	%D%/join.c \
	%D%/leg_events.c \
	%D%/leg_history.c \
	%D%/login.c \
	%D%/member.c \
	%D%/member_events.c \
	%D%/mute.c \
	%D%/number.c \
	%D%/quality.c \
	%D%/restore.c \
	%D%/user.c
