using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.CommandLine;

/// <summary>The program in a real shell.</summary>
public sealed class ShellTests
{
    [Fact]
    public async Task Bash_completes_with_the_script_that_it_is_given()
    {
        string program = Path.ChangeExtension(Repository.Program, null);
        CommandResult result = await TidegateCommand.RunProgramAsync(
            "bash",
            "-c",
            $$"""
            source <({{program}} completion bash)
            ask() { COMP_WORDS=({{program}} "$@"); COMP_CWORD=$#; COMPREPLY=(); _tidegate; echo "${COMPREPLY[*]}"; }
            ask pc rou
            ask pc route --verb
            ask pc route --output = y
            complete -p tidegate
            """);

        Assert.Equal("route routes\n--verbose\nyaml\ncomplete -o default -F _tidegate tidegate\n", result.Succeeded);
    }

    [Fact]
    public async Task A_full_disk_a_closed_output_and_a_reader_that_has_left_end_the_command_with_a_message()
    {
        string program = Path.ChangeExtension(Repository.Program, null);
        CommandResult result = await TidegateCommand.RunProgramAsync(
            "bash",
            "-c",
            $"""
            {program} help > /dev/full; echo "$?"
            {program} help >&-; echo "$?"
            (sleep 0.1; {program} help; echo "$?" >&2) | true
            """);

        Assert.Equal("1\n1\n", result.Succeeded);
        Assert.Equal(
            ["No space left on device", "Bad file descriptor", "Broken pipe"],
            result.Errors.Split('\n').Where(line => line.StartsWith("Error: the output cannot be written: ")).Select(line => line.Split(": ")[2]));
        Assert.EndsWith("1\n", result.Errors);
    }
}
