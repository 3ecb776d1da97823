# src/player: recorded sound, and one playing of it.
liboffhook_a_SOURCES += \
	%D%/player.c %D%/player.h \
	%D%/sound.c %D%/sound.h
