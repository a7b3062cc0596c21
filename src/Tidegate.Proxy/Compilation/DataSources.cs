using Envoy.Config.Core.V3;

namespace Tidegate.Proxy.Compilation;

/// <summary>Reads what is written in a configuration, or is named by it (Envoy: <c>DataSource</c>).</summary>
internal static class DataSources
{
    /// <summary>The text; refused, and empty, when it cannot be had.</summary>
    public static string Text(DataSource source, CompileScope scope)
    {
        switch (source.SpecifierCase)
        {
            case DataSource.SpecifierOneofCase.InlineString:
                return source.InlineString;
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source.InlineBytes.ToStringUtf8();
            case DataSource.SpecifierOneofCase.EnvironmentVariable:
                string? value = Environment.GetEnvironmentVariable(source.EnvironmentVariable);
                scope.RefuseIf(value is null, $"there is no environment variable \"{source.EnvironmentVariable}\"");
                return value ?? string.Empty;
            case DataSource.SpecifierOneofCase.Filename:
                return ReadFile(source.Filename, scope);
            default:
                scope.Refuse("has no value");
                return string.Empty;
        }
    }

    private static string ReadFile(string path, CompileScope scope)
    {
        const int MaxBytes = 1024 * 1024;
        try
        {
            var file = new FileInfo(path);
            if (file is { Exists: true, Length: <= MaxBytes })
            {
                return File.ReadAllText(path);
            }

            scope.Refuse($"{path}: {(file.Exists ? $"has more than {MaxBytes} bytes" : "is no file")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            scope.Refuse(e.Message);
        }

        return string.Empty;
    }
}
