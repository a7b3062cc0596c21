using System.CommandLine;

namespace Tidegate.Commands;

/// <summary>
/// <c>tidegate completion SHELL</c>: scripts that let a shell complete commands, aliases, flags and their values. A script asks
/// <c>tidegate __complete WORDS...</c>, whose answer is a line per candidate: the word, a tab, what it is.
/// </summary>
internal static class CompletionCommand
{
    /// <summary>The command that the scripts call: the words after the program's name, the last one being what is written of the word in question.</summary>
    public const string Hidden = "__complete";

    private const string Bash =
        """
        # bash completion for tidegate: source <(tidegate completion bash)
        _tidegate() {
            local -a words=()
            local i word
            for ((i = 1; i <= COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                # bash takes --flag=value for three words
                if [[ ${#words[@]} -gt 0 && ( $word == "=" || ${COMP_WORDS[i-1]} == "=" ) ]]; then
                    words[-1]+=$word
                else
                    words+=("$word")
                fi
            done
            local IFS=$'\n'
            COMPREPLY=($("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null | cut -f1))
            # and replaces only what follows the =
            if [[ ${words[-1]} == *=* ]]; then
                COMPREPLY=("${COMPREPLY[@]#*=}")
            fi
        }
        complete -o default -F _tidegate tidegate

        """;

    private const string Zsh =
        """
        #compdef tidegate
        # zsh completion for tidegate: source <(tidegate completion zsh)
        _tidegate() {
            local -a candidates
            candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            candidates=("${(@)candidates//:/\\:}")
            candidates=("${(@)candidates/$'\t'/:}")
            if [[ -n ${candidates[1]} ]]; then
                _describe 'tidegate' candidates
            else
                _files
            fi
        }
        compdef _tidegate tidegate

        """;

    private const string Fish =
        """
        # fish completion for tidegate: tidegate completion fish | source
        function __tidegate_complete
            set -l before (commandline -opc)
            set -l current (commandline -ct)
            $before[1] __complete $before[2..-1] "$current"
        end
        complete -c tidegate -a '(__tidegate_complete)'

        """;

    private const string PowerShell =
        """
        # PowerShell completion for tidegate: tidegate completion powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName tidegate -ScriptBlock {
            param($word, $line, $position)
            $words = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object { $_.ToString() })
            if ($word -eq '') { $words += '' }
            & $line.CommandElements[0].ToString() __complete @words | ForEach-Object {
                $name, $description = $_ -split "`t", 2
                [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($description) { $description } else { $name }))
            }
        }

        """;

    private static readonly (string Shell, string Script)[] Scripts = [("bash", Bash), ("zsh", Zsh), ("fish", Fish), ("powershell", PowerShell)];

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var command = new DocumentedCommand(
            "completion",
            "Write a script by which a shell completes commands and flags.",
            "# In this shell, and with the line in ~/.bashrc in every one",
            "source <(tidegate completion bash)");
        foreach ((string shell, string script) in Scripts)
        {
            var subcommand = new DocumentedCommand(shell, $"Write the script for {shell}.");
            subcommand.SetAction(_ => console.Output.Write(script));
            command.Add(subcommand);
        }

        return command;
    }
}
