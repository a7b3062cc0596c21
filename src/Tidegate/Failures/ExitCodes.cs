namespace Tidegate.Failures;

/// <summary>What the process ends with (cli.md, 0.3).</summary>
public static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>It did not, for a reason that has no code of its own.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>A file could not be parsed (<c>analyze</c>).</summary>
    public const int Data = 65;

    /// <summary>Something was found that is bad enough (<c>analyze</c>).</summary>
    public const int Findings = 79;
}
