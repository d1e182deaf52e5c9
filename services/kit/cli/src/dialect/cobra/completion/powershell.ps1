# Completion of PROGRAM for PowerShell: the program itself is asked for the candidates.
Register-ArgumentCompleter -Native -CommandName 'PROGRAM' -ScriptBlock {
    param($partial, $line, $position)
    $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position -or $_.Extent.Text -ne $partial } | ForEach-Object { $_.Extent.Text })
    $program = $words[0]
    $typed = @($words | Select-Object -Skip 1) + "`"$partial`""
    $value = $partial -replace '^--[^=]*=', ''
    $prefix = $partial.Substring(0, $partial.Length - $value.Length)
    Invoke-Expression "$program __complete $typed 2>`$null" | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
        $name, $about = $_ -split "`t", 2
        if (-not $about) { $about = $name }
        if ($name.StartsWith($value)) {
            [System.Management.Automation.CompletionResult]::new($prefix + $name, $name, 'ParameterValue', $about)
        }
    }
}
