namespace Tidegate.Commands;

/// <summary>Several errors as Go's <c>multierror</c> writes them.</summary>
internal static class ErrorList
{
    /// <summary>The text, which ends in an empty line.</summary>
    public static string Text(IEnumerable<string> errors)
    {
        string[] all = [.. errors];
        return $"{all.Length} {(all.Length == 1 ? "error" : "errors")} occurred:\n{Points(all)}\n";
    }

    /// <summary>A line for each.</summary>
    public static string Points(IEnumerable<string> errors) => string.Concat(errors.Select(error => $"\t* {error}\n"));
}
