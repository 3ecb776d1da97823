# src/ncco: the Voice API's call and its flow, one file an action.
liboffhook_a_SOURCES += \
	%D%/answer.c \
	%D%/beep.c \
	%D%/call.c %D%/call.h %D%/private.h \
	%D%/connect.c \
	%D%/conversation.c \
	%D%/create.c \
	%D%/describe.c \
	%D%/digits.c \
	%D%/dial.c \
	%D%/endpoint.c \
	%D%/fields.c \
	%D%/fraud.c \
	%D%/greet.c \
	%D%/incoming.c \
	%D%/input.c %D%/input.h \
	%D%/input_speech.c \
	%D%/invite.c \
	%D%/keys.c \
	%D%/knock.c \
	%D%/machine.c \
	%D%/notice.c \
	%D%/notify.c \
	%D%/option.c %D%/option.h \
	%D%/outcome.c \
	%D%/pace.c \
	%D%/price.c \
	%D%/prompt.c \
	%D%/question.c \
	%D%/rate.c \
	%D%/record.c \
	%D%/recorded.c \
	%D%/recover.c \
	%D%/refer.c \
	%D%/ringback.c \
	%D%/run.c \
	%D%/socket.c \
	%D%/stream.c \
	%D%/table.c \
	%D%/talk.c \
	%D%/task.c \
	%D%/test.c \
	%D%/transcription.c \
	%D%/transfer.c \
	%D%/utterance.c \
	%D%/wait.c
