using System.Security.Cryptography;
using System.Text;

namespace Tidegate.Pilot.Sources;

/// <summary>Files of the state folder: for the user alone, because there may be secrets in them, and never half written.</summary>
public static class StateFile
{
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where what is kept of something stands, whatever it is called.</summary>
    public static string PathOf(string folder, string name, string extension) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32] + extension);

    /// <summary>Writes a file, and makes its folder where that is missing.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnersFolder);

        // Another file renamed over it: after a crash there is the old one or the new one, and never half of one.
        string temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnersFile };
        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
