/* What tests/windows needs of a Windows program under `jit exec`: one command a word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static volatile LONG pressed;

static BOOL WINAPI heard(DWORD event) {
    InterlockedIncrement(&pressed);
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

/* Starts this line; its handles and its console are those of this process. */
static HANDLE start(char *line) {
    STARTUPINFOA about = {sizeof about};
    PROCESS_INFORMATION made;
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &about, &made)) {
        fprintf(stderr, "cannot start %s: %lu\n", line, GetLastError());
        exit(99);
    }
    CloseHandle(made.hThread);
    return made.hProcess;
}

/* Ticks into a file, a byte each tenth of a second, for at most a minute. */
static int tick(const char *path) {
    for (int left = 600; left > 0; left--) {
        FILE *file = fopen(path, "ab");
        if (file) {
            fputc('.', file);
            fclose(file);
        }
        Sleep(100);
    }
    return 0;
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "";
    char line[4096];
    setvbuf(stdout, NULL, _IONBF, 0);
    if (!strcmp(what, "exit")) {
        return (int)strtoul(words[2], NULL, 0);
    }
    if (!strcmp(what, "words")) {
        for (int word = 2; word < count; word++) printf("<%s>\n", words[word]);
        return 0;
    }
    if (!strcmp(what, "tick")) return tick(words[2]);
    /* Leaves a child behind that ticks, and ends or stays. */
    if (!strcmp(what, "leave") || !strcmp(what, "stay")) {
        snprintf(line, sizeof line, "\"%s\" tick %s", words[0], words[2]);
        start(line);
        return strcmp(what, "stay") ? 3 : tick(words[3]);
    }
    /* Waits for Ctrl-C, tidies up for half a second, and ends with 42; with 43 if it was pressed twice. */
    if (!strcmp(what, "wait-for-ctrl-c")) {
        SetConsoleCtrlHandler(heard, TRUE);
        printf("ready\n");
        for (int left = 150; left > 0 && !pressed; left--) Sleep(100);
        Sleep(500);
        printf("tidied\n");
        return pressed ? 41 + pressed : 1;
    }
    /* Starts the rest of the words, presses Ctrl-C after MILLISECONDS, says what the program ended with, and ends with it too. */
    if (!strcmp(what, "press")) {
        SetConsoleCtrlHandler(heard, TRUE);
        char *rest = line;
        for (int word = 3; word < count; word++) rest += snprintf(rest, sizeof line - (rest - line), "%s ", words[word]);
        HANDLE child = start(line);
        Sleep((DWORD)atoi(words[2]));
        if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) printf("no event: %lu\n", GetLastError());
        DWORD code = 0;
        if (WaitForSingleObject(child, 20000)) printf("it does not end\n");
        GetExitCodeProcess(child, &code);
        printf("ended with %lu\n", code);
        return (int)code;
    }
    fprintf(stderr, "no such word: %s\n", what);
    return 98;
}
