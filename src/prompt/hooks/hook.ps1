# Shows in the prompt which access you hold, and for how long.
# At the end of $PROFILE:  Invoke-Expression (& jit init powershell | Out-String)
#
# What jit prints is only ever kept in a variable and shown: it is never evaluated. A process starts only when the index of
# grants has changed or the time has come that was told last.

$global:__JitState = @{
    Executable = @executable@
    Index = @index@
    Place = @place@
    Content = $null
    Looked = [long]0
    Next = [long]0
    Since = @()
    Shown = ''
}
$global:JIT_PROMPT = ''

# Asks jit, and believes only an answer of the form that is expected.
function global:__JitAsk([long] $Now) {
    $state = $global:__JitState
    $state.Next = $Now + 60
    $state.Shown = ''
    $global:JIT_PROMPT = ''
    if (-not (Get-Command -Name ([WildcardPattern]::Escape($state.Executable)) -CommandType Application -ErrorAction Ignore)) { return }
    $since = $state.Since
    $lines = @($null | & $state.Executable prompt --hook @since 2>$null)
    if ($lines.Count -lt 1) { return }
    $told = [regex]::Match($lines[0], '\Ajit1 ([0-9]{1,12}) ([0-9]{1,12})\z')
    if (-not $told.Success) { return }
    $state.Since = @('--since', $told.Groups[1].Value)
    $state.Next = [long]$told.Groups[2].Value
    $lines = @($lines | ForEach-Object { $_ -replace '\p{Cc}', '' })
    $colours = 31, 33, 32, 36
    $plain = @()
    $shown = @()
    for ($place = 1; $place -le 4 -and $place -lt $lines.Count; $place++) {
        $text = $lines[$place]
        if ($text -eq '') { continue }
        $plain += $text
        if ($env:NO_COLOR -or $env:TERM -eq 'dumb') {
            $shown += $text
        } else {
            $shown += "$([char]27)[$($colours[$place - 1])m$text$([char]27)[0m"
        }
    }
    $global:JIT_PROMPT = $plain -join '  '
    if ($shown.Count -gt 0) { $state.Shown = ($shown -join '  ') + ' ' }
    for ($place = 5; $place -lt $lines.Count -and $place -lt 13; $place++) {
        if ($lines[$place] -ne '') { [Console]::Error.WriteLine("jit: $($lines[$place])") }
    }
}

# Looks whether anything can have changed, without starting anything.
function global:__JitCheck {
    $state = $global:__JitState
    $content = ''
    try { $content = [System.IO.File]::ReadAllText($state.Index) } catch { $content = '' }
    # Other credentials came into this shell, or left it.
    $content += " $env:JIT_GRANT"
    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    if ($content -cne $state.Content -or $now -lt $state.Looked -or ($state.Next -gt 0 -and $now -ge $state.Next)) {
        $state.Content = $content
        $state.Looked = $now
        $code = Get-Variable -Name LASTEXITCODE -Scope Global -ValueOnly -ErrorAction Ignore
        try { __JitAsk $now } catch { $state.Shown = '' }
        $global:LASTEXITCODE = $code
    }
    if (-not $state.Place) { $env:JIT_PROMPT = $global:JIT_PROMPT }
}

# Chains with the prompt that is there, once; it sees the outcome of the last command as it was.
if (-not (Test-Path Variable:global:__JitPrompt)) {
    $global:__JitPrompt = $function:prompt
    function global:prompt {
        $outcome = $?
        __JitCheck
        $shown = if ($global:__JitState.Place) { $global:__JitState.Shown } else { '' }
        # A command that fails on purpose, so that `$?` is again what it was.
        if (-not $outcome) { Write-Error '' -ErrorAction Ignore }
        $text = & $global:__JitPrompt
        "$shown$text"
    }
}
